/** Options of `dunlin explain`. */
export interface ExplainOptions {
  /** Configuration file whose rules are meant. */
  readonly config?: string;
  /** Settings, as `access.order=deny-wins`. */
  readonly set?: readonly string[];
  /** Client id. */
  readonly client: string;
  /** User name. */
  readonly user?: string;
  /** File with the user's password, its first line. */
  readonly passwordFile?: string;
  /** Topic, or filter. */
  readonly topic: string;
  /** About publishing. */
  readonly publish?: boolean;
  /** About subscribing and receiving. */
  readonly subscribe?: boolean;
  /** `0`, `1` or `2`. */
  readonly qos: string;
  /** The message is to be retained. */
  readonly retain?: boolean;
  /** Name of the listener it comes in by. */
  readonly listener?: string;
  /** IP address it comes from. */
  readonly address: string;
  /** Ask the broker that runs. */
  readonly live?: boolean;
  /** Answer in JSON. */
  readonly json?: boolean;
}
