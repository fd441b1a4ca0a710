import type { AuthSettings, Settings } from "../config/mod.ts";
import {
  anonymousLink,
  certificateLink,
  type Link,
} from "../security/chain/mod.ts";
import type { AccessPorts } from "./access.ts";

/** A link of the chain, and the files it was read from. */
export interface OpenedLink {
  readonly link: Link;
  /** When one of them changes, it has to be opened anew. */
  readonly files: readonly string[];
}

/**
 * Makes the link that one `[[auth]]` describes. Rejects with an error that
 * says what is wrong where. What a link needs is loaded when it is used.
 */
export async function openLink(
  auth: AuthSettings,
  _settings: Settings,
  _ports: AccessPorts,
): Promise<OpenedLink> {
  switch (auth.type) {
    case "anonymous":
      return { link: anonymousLink, files: [] };
    case "client-certificate":
      return { link: certificateLink, files: [] };
    case "password-file":
    case "users":
    case "jwt":
    case "http":
    case "scram":
      return await Promise.reject(
        new Error(`[[auth]] type = "${auth.type}" is not served yet`),
      );
  }
}
