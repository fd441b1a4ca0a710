import type { AuthSettings } from "../../config/mod.ts";
import type { TokenKeys } from "../../security/jwt/mod.ts";
import type { LinkPorts, OpenedLink } from "./opened_link.ts";
import { outageOf } from "./outage.ts";

/** A key or a set of them; whatever is larger is no key file (bytes). */
const LARGEST = 1024 * 1024;

/** Makes the link of `type = "jwt"`. Rejects with what is wrong where. */
export async function openJwt(
  auth: AuthSettings,
  ports: LinkPorts,
): Promise<OpenedLink> {
  const { JwtLink } = await import("../../security/jwt/mod.ts");
  const { name, files, keys } = await openKeys(auth, ports);
  const rules = {
    algorithms: auth.algorithms,
    issuer: auth.issuer,
    audience: auth.audience,
    leeway: auth.leeway,
    usernameClaim: auth.username_claim,
    matchUsername: auth.match_username,
    aclClaim: auth.acl_claim,
    disconnectOnExpiry: auth.disconnect_on_expiry,
  };
  const link = new JwtLink(name, rules, keys, ports.clock);
  return { link, files, mayGrant: auth.acl_claim !== "" };
}

interface OpenKeys {
  /** Of the link: another one for other keys, and no secret. */
  readonly name: string;
  readonly files: readonly string[];
  readonly keys: TokenKeys;
}

async function openKeys(
  auth: AuthSettings,
  { clock, log }: LinkPorts,
): Promise<OpenKeys> {
  const jwt = await import("../../security/jwt/mod.ts");
  const { key, key_file, jwks_file, jwks_url, timeout, cache } = auth;
  if (key_file !== "") {
    const keys = await jwt.pemKeys(await readText(key_file), key_file);
    return { name: `jwt ${key_file}`, files: [key_file], keys };
  }
  if (jwks_file !== "") {
    const keys = await jwt.jwksKeys(await readText(jwks_file), jwks_file);
    return { name: `jwt ${jwks_file}`, files: [jwks_file], keys };
  }
  if (jwks_url !== "") {
    const { origin, pathname } = new URL(jwks_url);
    const name = `jwt ${origin}${pathname}`;
    const outage = outageOf(name, clock, log);
    const options = { url: jwks_url, timeout, cache, ...outage };
    return { name, files: [], keys: new jwt.RemoteKeys(options, clock) };
  }
  return { name: "jwt", files: [], keys: jwt.secretKeys(key) };
}

async function readText(path: string): Promise<string> {
  const trouble = (why: string) => new Error(`${path} ${why}`);
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw trouble("is not a file: name a file");
    if (size > LARGEST) {
      throw trouble(`is over ${LARGEST} bytes, too large for a key file`);
    }
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw trouble("does not exist: correct the path");
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw trouble(
        "cannot be read: give the user that runs dunlin the right",
      );
    }
    throw error;
  }
}
