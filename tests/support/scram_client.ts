import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** What a test may get wrong on purpose. */
export interface ScramClientOptions {
  /** @default "n,," */
  readonly gs2?: string;
  /** @default random */
  readonly nonce?: string;
  /** What the second message proves, in place of the server's nonce. */
  readonly finalNonce?: string;
}

/** The client's side of SCRAM-SHA-256, written after RFC 5802 for tests. */
export class ScramClient {
  readonly #username: string;
  readonly #password: string;
  readonly #gs2: string;
  readonly #nonce: string;
  readonly #finalNonce: string | undefined;
  #expected = "";

  /** Name and password are sent as they are: prepared by who gives them. */
  constructor(
    username: string,
    password: string,
    options: ScramClientOptions = {},
  ) {
    this.#username = username.replaceAll("=", "=3D").replaceAll(",", "=2C");
    this.#password = password;
    this.#gs2 = options.gs2 ?? "n,,";
    this.#nonce = options.nonce ?? crypto.randomUUID();
    this.#finalNonce = options.finalNonce;
  }

  /** The first message. */
  first(): Uint8Array {
    return new TextEncoder().encode(this.#gs2 + this.#bare());
  }

  /** The second message; `server` is the server's first. */
  final(server: Uint8Array): Uint8Array {
    const serverFirst = new TextDecoder().decode(server);
    const match = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst);
    assert.ok(match !== null, `no first message of a server: ${serverFirst}`);
    const [, nonce, salt, iterations] = match;
    assert.ok(nonce.startsWith(this.#nonce) && nonce !== this.#nonce);
    const binding = Buffer.from(this.#gs2).toString("base64");
    const withoutProof = `c=${binding},r=${this.#finalNonce ?? nonce}`;
    const signed = `${this.#bare()},${serverFirst},${withoutProof}`;
    const salted = pbkdf2Sync(
      this.#password,
      Buffer.from(salt, "base64"),
      Number(iterations),
      32,
      "sha256",
    );
    const clientKey = hmac(salted, "Client Key");
    const storedKey = createHash("sha256").update(clientKey).digest();
    const signature = hmac(storedKey, signed);
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ signature[at]))
      .toString("base64");
    const proved = hmac(hmac(salted, "Server Key"), signed);
    this.#expected = `v=${proved.toString("base64")}`;
    return new TextEncoder().encode(`${withoutProof},p=${proof}`);
  }

  /** Whether the server has proved, too, that it knows the password. */
  believes(server: Uint8Array | undefined): boolean {
    return new TextDecoder().decode(server) === this.#expected;
  }

  #bare(): string {
    return `n=${this.#username},r=${this.#nonce}`;
  }
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
