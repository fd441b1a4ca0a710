import type { Workshop } from "../../support/workshop.ts";

/** What a client gives of itself in one cell of the table. */
export interface Login {
  readonly username?: string;
  readonly password?: string | Uint8Array;
  /** Files of its certificate and key, where the listener speaks TLS. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

/** What a login is, to the authenticator that is asked. */
export type LoginKind = "right" | "wrong" | "absent" | "malformed";

/** One cell: a login, and what comes of it. */
export interface LoginCell {
  readonly kind: LoginKind;
  /** What is right or wrong about it. */
  readonly name: string;
  readonly login: Login | ((place: LoginPlace) => Login | Promise<Login>);
  /** 0, or the reason code of 5.0: 0x86 bad name or password, 0x87 not authorized. */
  readonly code: 0 | 0x86 | 0x87;
  /** 3.1.1 knows no password without a user name, and no library sends one. */
  readonly isOnlyV5?: boolean;
  /** Not for `mosquitto_pub`: a command line cannot say it. */
  readonly isOnlyMqttJs?: boolean;
}

/** Where the files of a table are, and what was made there. */
export interface LoginPlace {
  readonly workshop: Workshop;
  /** What `prepare` made; its own affair. */
  readonly made: Readonly<Record<string, unknown>>;
}

/** One authenticator and its cells; it has a listener of its own. */
export interface LoginTable {
  /** Its type, as `[[auth]]` names it, and the name of its listener. */
  readonly type: string;
  /**
   * Makes what it needs; resolves to the body of its `[[auth]]`, what stands
   * beside it, and what else its `[[listener]]` says.
   */
  readonly prepare: (workshop: Workshop) => Promise<{
    readonly auth: string;
    readonly more?: string;
    readonly listener?: string;
    /** The authority to believe, where the listener speaks TLS. */
    readonly ca?: string;
    readonly made?: Readonly<Record<string, unknown>>;
    /** Gives back what it holds. */
    readonly close?: () => Promise<void>;
  }>;
  readonly cells: readonly LoginCell[];
}
