import { parseAddress } from "../../network/mod.ts";
import type { Field } from "../fields/field.ts";
import { appliesTo, listenerFields } from "../fields/listener_fields.ts";
import {
  type CertificateFiles,
  hasTls,
  type ListenerSettings,
} from "../model/listener_settings.ts";
import type { OnMisfit } from "../text/problem.ts";
import { clash, isLoopback } from "./addresses.ts";

/** The given settings of one listener; the rest are defaults. */
type Said = Partial<ListenerSettings>;

/**
 * Checks what one setting of a listener alone cannot tell: names and addresses
 * that two listeners share, settings of another type, and listeners that
 * others can reach without being asked who they are.
 */
export class ListenerChecks {
  readonly #isAsked: boolean;
  readonly #onMisfit: OnMisfit;
  readonly #before: ListenerSettings[] = [];

  /** `isAsked`: whether there is an `[[auth]]` that clients have to pass. */
  constructor(isAsked: boolean, onMisfit: OnMisfit) {
    this.#isAsked = isAsked;
    this.#onMisfit = onMisfit;
  }

  /** Checks the listener with this index; the lower ones have been. */
  check(listener: ListenerSettings, said: Said, index: number): void {
    const tell = (key: keyof ListenerSettings, message: string) =>
      this.#onMisfit(["listener", index, key], message);
    this.#checkUnique(listener, tell);
    if (
      !this.#isAsked && listener.type !== "unix" &&
      !isLoopback(listener.bind) &&
      said.allow_anonymous !== true && !asksWhoTheyAre(listener)
    ) tell("bind", openToOthers(listener, index));
    checkTypes(listener, said, tell);
    if (listener.type === "unix" && listener.socket === "") {
      tell(
        "socket",
        `a listener of type "unix" needs it: give the socket's file`,
      );
    }
    if (listener.retry && parseAddress(listener.bind) === null) {
      tell(
        "retry",
        "retry waits for an IP address: give one in bind, not a host name",
      );
    }
    checkProxies(listener, said, tell);
    checkCertificates(listener, said, tell);
    listener.certificate.forEach((pair, at) => {
      const path = ["listener", index, "certificate", at];
      checkPair(
        pair,
        (key, message) => this.#onMisfit([...path, key], message),
      );
      if (pair.cert !== "" || pair.key !== "") return;
      this.#onMisfit(
        [...path, "cert"],
        "this certificate names no file: give cert and key",
      );
    });
  }

  #checkUnique(listener: ListenerSettings, tell: Tell): void {
    const { name } = listener;
    for (const other of this.#before) {
      if (other.name !== name) continue;
      tell("name", `another listener has the name ${name}: give another one`);
      break;
    }
    for (const other of this.#before) {
      const fault = addressFault(listener, other);
      if (fault === null) continue;
      tell(listener.type === "unix" ? "socket" : "port", fault);
      break;
    }
    this.#before.push(listener);
  }
}

/** Returns the fault of a listener at the address of another; null for none. */
function addressFault(
  listener: ListenerSettings,
  other: ListenerSettings,
): string | null {
  const { type, socket } = listener;
  if (type !== "unix" && other.type !== "unix") return clash(listener, other);
  return type === other.type && socket === other.socket
    ? `the listener ${other.name} already has this file: give another one`
    : null;
}

/** Tells of a setting of the listener that is looked at. */
type Tell = (key: keyof ListenerSettings, message: string) => void;

/** Returns whether every client needs a certificate. */
function asksWhoTheyAre(listener: ListenerSettings): boolean {
  return ["required", "authorized", "authorized-any-issuer"].includes(
    listener.client_certificates,
  );
}

function openToOthers({ bind }: ListenerSettings, index: number): string {
  return `other machines can reach ${bind}, and no client needs a login: ` +
    `add an [[auth]] table, or allow_anonymous = true to this listener ` +
    `(--set listener.${index}.allow_anonymous=true), ` +
    `or bind it to 127.0.0.1`;
}

/** Refuses settings of another type, which would have no effect. */
function checkTypes(listener: ListenerSettings, said: Said, tell: Tell): void {
  const fields = listenerFields as Readonly<Record<string, Field<unknown>>>;
  for (const [key, field] of Object.entries(fields)) {
    const name = key as keyof ListenerSettings;
    if (said[name] === undefined || appliesTo(key, listener)) continue;
    // An option of the command line may have set the port of any listener.
    const types = (field.types ?? []).map((type) => `"${type}"`);
    tell(
      name,
      `only a listener of type ${
        types.join(" or ")
      } has this setting: remove it, or set the type`,
    );
  }
}

function checkProxies(
  listener: ListenerSettings,
  said: Said,
  tell: Tell,
): void {
  const { type, proxy_protocol, trusted_proxies, one_port } = listener;
  if (proxy_protocol && trusted_proxies.length === 0) {
    tell(
      "proxy_protocol",
      "proxy_protocol needs trusted_proxies: give the proxies' addresses",
    );
  }
  for (const key of ["proxy_client_tls", "proxy_username"] as const) {
    if (listener[key] === "off" || listener[key] === false) continue;
    if (proxy_protocol || !appliesTo(key, listener)) continue;
    tell(
      key,
      "it needs a PROXY header: give proxy_protocol = true and trusted_proxies",
    );
  }
  const readsForwardedFor = type === "websocket" || type === "wss" || one_port;
  if (
    said.trusted_proxies !== undefined && trusted_proxies.length > 0 &&
    appliesTo("trusted_proxies", listener) &&
    !proxy_protocol && !readsForwardedFor
  ) {
    tell(
      "trusted_proxies",
      "this listener reads no address from proxies: give proxy_protocol = true",
    );
  }
}

/** `cert` and `key` belong together, and so does what opens the key. */
function checkPair(
  pair: CertificateFiles,
  tell: (key: keyof CertificateFiles, message: string) => void,
): void {
  const { cert, key, key_password, key_password_file } = pair;
  if (cert !== "" && key === "") {
    tell(
      "cert",
      "its key is missing: give key, the PEM file of this certificate's key",
    );
  }
  if (key !== "" && cert === "") {
    tell(
      "key",
      "its certificate is missing: give cert, the PEM file of this key's certificate",
    );
  }
  if (key_password !== "" && key_password_file !== "") {
    tell(
      "key_password_file",
      "key_password is also given: remove one of the two",
    );
  }
  if (key !== "") return;
  if (key_password !== "") {
    tell(
      "key_password",
      "no key is given that it could decrypt: give key and cert",
    );
  }
  if (key_password_file !== "") {
    tell(
      "key_password_file",
      "no key is given that it could decrypt: give key and cert",
    );
  }
}

function checkCertificates(
  listener: ListenerSettings,
  said: Said,
  tell: Tell,
): void {
  if (!hasTls(listener)) return;
  checkPair(listener, tell);
  const mode = listener.client_certificates;
  if (mode === "off") {
    for (
      const key of ["ca", "trust_system_roots", "username_from", "crl"] as const
    ) {
      const value = said[key];
      const isUsual = value === undefined || value === false ||
        value === "none" || (Array.isArray(value) && value.length === 0);
      if (isUsual) continue;
      tell(
        key,
        `clients are asked for no certificate: give client_certificates = "required", or remove it`,
      );
    }
  }
  if (listener.crl_missing === "refuse" && listener.crl.length === 0) {
    tell(
      "crl_missing",
      `without crl it would refuse every certificate: give crl, the revocation lists of the authorities in ca`,
    );
  }
  if (listener.remember_unknown && !mode.startsWith("authorized")) {
    tell(
      "remember_unknown",
      `this listener uses no list of certificates: give client_certificates = "authorized" or "authorized-any-issuer"`,
    );
  }
}
