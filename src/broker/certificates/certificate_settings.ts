import {
  hasTls,
  type ListenerSettings,
  type Settings,
} from "../../config/mod.ts";

/** Settings of a listener that `Certificates` reads. */
const READ = [
  "name",
  "cert",
  "key",
  "key_password",
  "key_password_file",
  "certificate",
  "client_certificates",
  "ca",
  "trust_system_roots",
  "remember_unknown",
  "username_from",
  "crl",
  "crl_expired",
  "crl_missing",
] as const satisfies readonly (keyof ListenerSettings)[];

/** Returns whether the certificates by `one` serve just as well for `other`. */
export function isShownAlike(one: Settings, other: Settings): boolean {
  return textOf(one) === textOf(other);
}

function textOf({ authority, listener }: Settings): string {
  const read = listener.filter(hasTls).map((one) =>
    READ.map((key) => one[key])
  );
  return JSON.stringify([authority, read]);
}
