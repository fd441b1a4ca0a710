/** Type of an authenticator. */
export type AuthType =
  | "password-file"
  | "users"
  | "client-certificate"
  | "jwt"
  | "http"
  | "scram"
  | "anonymous";

/** Algorithm of a token's signature (RFC 7518, RFC 8037). */
export type JwtAlgorithm =
  | "HS256"
  | "HS384"
  | "HS512"
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512"
  | "EdDSA";

/**
 * One authenticator: it accepts a client, rejects it, or passes to the next.
 * Settings of another type have their defaults.
 */
export interface AuthSettings {
  /** Type of the authenticator. */
  readonly type: AuthType;
  /** Names of the listeners whose clients it is asked about; empty for all. */
  readonly listener: readonly string[];
  /** `password-file`, `scram`: the password file; "" where there is none. */
  readonly file: string;
  /** `jwt`: the secret of HS256 and its like; "" where there is none. */
  readonly key: string;
  /** `jwt`: a PEM file with a public key, or "". */
  readonly key_file: string;
  /** `jwt`: a JWKS file, or "". */
  readonly jwks_file: string;
  /** `jwt`: where a JWKS is fetched, or "". */
  readonly jwks_url: string;
  /** `jwt`: what is accepted; empty means what fits the key. */
  readonly algorithms: readonly JwtAlgorithm[];
  /** `jwt`: what `iss` must be; "" lets any be. */
  readonly issuer: string;
  /** `jwt`: `aud` must hold one of these; empty lets any be. */
  readonly audience: readonly string[];
  /** `jwt`: milliseconds that clocks may differ by. */
  readonly leeway: number;
  /** `jwt`: the claim that is the user name. */
  readonly username_claim: string;
  /** `jwt`: whether the user name of CONNECT must be that of the token. */
  readonly match_username: boolean;
  /** `jwt`: the claim that holds access rules; "" reads none. */
  readonly acl_claim: string;
  /** `jwt`: whether the connection ends when the token does. */
  readonly disconnect_on_expiry: boolean;
  /** `http`: asked whether a client may come in. */
  readonly url: string;
  /** `http`: URL that decides what a client may do; "" for none. */
  readonly acl_url: string;
  /** `http`: URL that decides whether a user may do everything; "" for none. */
  readonly superuser_url: string;
  /** `http`: what requests and answers look like. */
  readonly preset: "dunlin" | "mosquitto-go-auth";
  /** `http`: the header `Authorization` of each request; "" sends none. */
  readonly authorization: string;
  /** `http`, `jwt`: milliseconds that an answer may take. */
  readonly timeout: number;
  /** `http`, `jwt`: milliseconds that an answer holds; 0 asks each time. */
  readonly cache: number;
  /** `http`: what a server that fails means: no, or "ask the next link". */
  readonly on_error: "deny" | "ignore";
  /** `http`: requests under way at once. */
  readonly max_requests: number;
}

/** A user who is known by the settings. */
export interface UserSettings {
  /** The user name of CONNECT. */
  readonly name: string;
  /** A hash as `dunlin passwd` makes it, or the password itself. */
  readonly password: string;
  /** The groups the user is in, beside those that name the user. */
  readonly groups: readonly string[];
}

/** A group of users, for access rules. */
export interface GroupSettings {
  /** As rules name it. */
  readonly name: string;
  /** User names. */
  readonly members: readonly string[];
}

/**
 * An access rule: clients, action, topics. A client must match every list; an
 * empty list matches all.
 */
export interface AclRule {
  /** User names. */
  readonly user: readonly string[];
  /** Groups. */
  readonly group: readonly string[];
  /** Client ids. */
  readonly client_id: readonly string[];
  /** Networks and addresses the client comes from. */
  readonly network: readonly string[];
  /** Names of listeners. */
  readonly listener: readonly string[];
  /** Common names of its certificate. */
  readonly certificate_cn: readonly string[];
  /** DNS names and e-mail addresses of its certificate. */
  readonly certificate_san: readonly string[];
  /** Subjects of the issuer of its certificate. */
  readonly certificate_issuer: readonly string[];
  /** SHA-256 fingerprints of its certificate. */
  readonly certificate_fingerprint: readonly string[];
  /** True for a rule about clients without a user name alone. */
  readonly anonymous: boolean;
  /** The action it allows or denies. */
  readonly action: "publish" | "subscribe" | "all";
  /** The QoS it is about. */
  readonly qos: readonly (0 | 1 | 2)[];
  /** Which messages it is about, by whether they are to be retained. */
  readonly retain: "any" | boolean;
  /** Topic filters; `%u` and `%c` stand for a whole level. */
  readonly topic: readonly string[];
  /** Effect of the rule. */
  readonly permission: "allow" | "deny";
  /** Rules in Mosquitto's format for clients of `listener`; "" names none. */
  readonly file: string;
  /** Its place, as `dunlin.toml:12`; "" if unknown. */
  readonly place: string;
}

/** Settings of users and rules. */
export interface AccessSettings {
  /** Which rule decides: the first that fits, or any that denies. */
  readonly order: "first-match" | "deny-wins";
  /** Access rules in Mosquitto's format, after those of the settings. */
  readonly acl_file: readonly string[];
  /** True if MQTT 5.0 clients get the rule that refused them as Reason String. */
  readonly explain: boolean;
  /** `user`: only its user may take over a session. */
  readonly client_id_owner: "user" | "anyone";
  /** Effect on a client whose packet has no answer. */
  readonly on_denied_publish: "ignore" | "disconnect";
  /** Milliseconds that a login waits after one that failed; 0 waits never. */
  readonly login_delay: number;
  /** Failed logins in a row before more are refused; 0 sets no bound. */
  readonly max_failures: number;
}
