/** The settings: what can be set, how it is read, what is wrong with it. */
export { NEVER_EXPIRES } from "./settings.ts";
export type {
  CertificateFiles,
  ClientCertificateMode,
  ListenerSettings,
  ListenerType,
  UsernameSource,
  VersionName,
} from "./listener_settings.ts";
export type {
  AccessSettings,
  AclRule,
  AuthSettings,
  AuthType,
  GroupSettings,
  JwtAlgorithm,
  UserSettings,
} from "./access_settings.ts";
export type {
  AuthoritySettings,
  BacklogPolicy,
  LimitSettings,
  LogFormat,
  LogLevel,
  LogSettings,
  ProtocolSettings,
  RetainedSettings,
  SessionSettings,
  Settings,
  SharedSettings,
  SharedStrategy,
  ShutdownSettings,
  SpaceFloor,
  StorageModeName,
  StorageRule,
  StorageSettings,
  SysSettings,
} from "./settings.ts";
export type { ListName } from "./lists.ts";
export { completeSettings } from "./complete.ts";
export type { PartialSettings } from "./complete.ts";
export { loadSettings } from "./load.ts";
export type { ConfigFile, SettingsSources, Shortcuts } from "./sources.ts";
export {
  describeProblem,
  isCommandLineMistake,
  problemAt,
  SettingsError,
} from "./problem.ts";
export type { FindPlace, Path, Place, Problem } from "./problem.ts";
export { isSettingVariable } from "./variables.ts";
export { storagePath } from "./storage_path.ts";
export { authorityPath, certificateListPath } from "./authority_path.ts";
export { printSettings } from "./print.ts";
export { withoutSecrets } from "./without_secrets.ts";
export { differenceOf, withoutRestart } from "./difference.ts";
export type { SettingChange } from "./difference.ts";
export { describeChange } from "./describe_change.ts";
export type { Effect } from "./effect.ts";
export { type ListenerPair, pairListeners } from "./listener_pairs.ts";
export { closest } from "./closest.ts";
export { VERSION } from "./version.ts";
