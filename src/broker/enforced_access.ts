import type { Clock } from "../clock/mod.ts";
import { PROFILES, type Settings } from "../config/mod.ts";
import type { Authenticator, Authorizer } from "../security/mod.ts";
import type { Context } from "../session/mod.ts";
import type { AccessControl, AccessState } from "./access/access.ts";
import { unaskedBy } from "./access/unasked.ts";
import type { Prepared, Reloadable } from "./reload.ts";
import { storageFolder } from "./session_options.ts";
import type { Figures } from "./figures/figures.ts";
import type { BrokerLog } from "./status/broker_log.ts";

/** The parts of a broker that users and rules need. */
export interface EnforcedAccessParts {
  readonly context: Context;
  readonly clock: Clock;
  readonly log: BrokerLog;
  readonly figures: Figures;
  /** Authenticates clients where the settings have no `[[auth]]`. */
  readonly authenticator: Authenticator | undefined;
  /** Authorizes clients where the settings have no rules. */
  readonly authorizer: Authorizer | undefined;
}

/**
 * The users and rules in force. A broker without any in its settings loads no
 * code for them.
 */
export class EnforcedAccess implements Reloadable {
  readonly #parts: EnforcedAccessParts;
  #control: AccessControl | null = null;

  /** Enforces nothing yet. */
  constructor(parts: EnforcedAccessParts) {
    this.#parts = parts;
  }

  /** Files that users and rules were read from. */
  get files(): readonly string[] {
    return this.#control?.now?.files ?? [];
  }

  /** Enforces the users and rules of `settings`; rejects as `prepare` does. */
  async start(settings: Settings): Promise<void> {
    const access = await this.#read(settings);
    if (access !== null) this.#enforce(access, settings);
  }

  /** Reads users and rules anew; rejects as `AccessControl.open` does. */
  async prepare(settings: Settings): Promise<Prepared> {
    const access = await this.#read(settings);
    return {
      apply: () => this.#enforce(access, settings),
      undo: () => access?.close(),
    };
  }

  /** Refuses logins under way. */
  stop(): void {
    this.#control?.stop();
  }

  /** Returns users and rules; null without any in the settings. */
  async #read(settings: Settings): Promise<AccessState | null> {
    const { auth, acl, access } = settings;
    if (auth.length + acl.length + access.acl_file.length === 0) return null;
    if (this.#control === null) {
      const { AccessControl } = await import("./access/access.ts");
      const { clock, log, figures } = this.#parts;
      const folder = storageFolder(settings);
      const { passwordThreads } = PROFILES[settings.profile.name].tuning;
      const ports = { clock, log, folder, passwordThreads };
      const control = this.#control = new AccessControl(ports);
      figures.logins = () => control.logins;
    }
    return await this.#control.open(settings);
  }

  /** Applies users and rules; null accepts every client and every action. */
  #enforce(access: AccessState | null, { auth, listener }: Settings): void {
    const { context, figures, authenticator, authorizer } = this.#parts;
    if (access !== null) this.#control!.enforce(access);
    else {
      this.stop();
      this.#control = null;
      figures.logins = null;
    }
    context.authenticator = auth.length > 0 && access !== null
      ? access.authenticator
      : authenticator ?? unaskedBy(listener);
    context.authorize(access?.authorizer ?? authorizer ?? null);
  }
}
