/** The settings: what can be set, how it is read, what is wrong with it. */
export { NEVER_EXPIRES } from "./model/settings.ts";
export { hasTls } from "./model/listener_settings.ts";
export type {
  CertificateFiles,
  ClientCertificateMode,
  ListenerSettings,
  ListenerType,
  UsernameSource,
  VersionName,
} from "./model/listener_settings.ts";
export type {
  AccessSettings,
  AclRule,
  AuthSettings,
  AuthType,
  GroupSettings,
  JwtAlgorithm,
  UserSettings,
} from "./model/access_settings.ts";
export type {
  AdminSettings,
  AuthoritySettings,
  BacklogPolicy,
  LimitSettings,
  LogFormat,
  LogLevel,
  LogSettings,
  MetricNames,
  MetricsAccess,
  ProfileName,
  ProfileSettings,
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
} from "./model/settings.ts";
export { LOG_CATEGORIES, type LogCategory } from "./model/log_categories.ts";
export type { ListName } from "./fields/lists.ts";
export { completeSettings } from "./read/complete.ts";
export type { PartialSettings } from "./read/complete.ts";
export { loadSettings } from "./read/load.ts";
export type { ConfigFile, SettingsSources, Shortcuts } from "./read/sources.ts";
export {
  describeProblem,
  isCommandLineMistake,
  problemAt,
  SettingsError,
} from "./text/problem.ts";
export type { FindPlace, Path, Place, Problem } from "./text/problem.ts";
export { isSettingVariable } from "./text/variables.ts";
export { storagePath } from "./model/storage_path.ts";
export { machineMemory, type ReadSystemFile } from "./model/machine_memory.ts";
export { PROFILES } from "./model/profile.ts";
export type { Defaults, Profile, Tuning } from "./model/profile.ts";
export { adminPath } from "./model/admin_path.ts";
export { authorityPath, certificateListPath } from "./model/authority_path.ts";
export { printSettings } from "./show/print.ts";
export { type SettingWords, settingWords } from "./show/setting_words.ts";
export { withoutSecrets } from "./show/without_secrets.ts";
export { differenceOf, withoutRestart } from "./change/difference.ts";
export type { SettingChange } from "./change/difference.ts";
export { describeChange } from "./change/describe_change.ts";
export type { Effect } from "./change/effect.ts";
export { type ListenerPair, pairListeners } from "./model/listener_pairs.ts";
export { parseDuration } from "./text/units.ts";
export { closest } from "./text/closest.ts";
export { VERSION } from "./model/version.ts";
