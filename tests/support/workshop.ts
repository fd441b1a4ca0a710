import assert from "node:assert/strict";

const DAY = 86_400_000;

/** How a certificate is to be. */
export interface Wish {
  /** Distinguished name as `openssl` takes it. @default `/CN=` and the name */
  readonly subject?: string;
  /** Days from now, may be negative. @default -1 */
  readonly from?: number;
  /** Days from now, may be negative. @default 90 */
  readonly to?: number;
  /** Lines of extensions. @default none */
  readonly extensions?: readonly string[];
  /** Arguments of `openssl genpkey`. @default a key on P-256 */
  readonly key?: readonly string[];
}

/** Files of a certificate that was made. */
export interface Made {
  /** PEM file of the certificate alone. */
  readonly cert: string;
  /** PEM file of its key, PKCS#8. */
  readonly key: string;
}

const P256 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

/** For the certificate of a client. */
export const CLIENT = ["extendedKeyUsage=clientAuth"];

/** For the certificate of a server on this machine. */
export const SERVER = [
  "extendedKeyUsage=serverAuth",
  "subjectAltName=DNS:localhost,IP:127.0.0.1",
];

/** Runs `openssl`; rejects with what it says when it fails. */
export async function openssl(args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("openssl", {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  assert.ok(success, `openssl ${args[0]}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}

/** A folder in which certificates of all kinds are made, by OpenSSL. */
export class Workshop implements AsyncDisposable {
  /** Where all files are. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder. */
  static async open(): Promise<Workshop> {
    return new Workshop(await Deno.makeTempDir({ prefix: "dunlin-certs-" }));
  }

  /** Path of a file in the folder. */
  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** A key that nobody has yet. */
  async key(name: string, args: readonly string[] = P256): Promise<string> {
    const path = this.path(`${name}.key`);
    await openssl(["genpkey", ...args, "-out", path]);
    return path;
  }

  /** A certificate that has signed itself, as `openssl req -x509` makes it. */
  async selfSigned(name: string, wish: Wish = {}): Promise<Made> {
    const key = await this.key(name, wish.key);
    const cert = this.path(`${name}.crt`);
    const add = (wish.extensions ?? []).flatMap((one) => ["-addext", one]);
    const days = `${wish.to ?? 90}`;
    const subject = wish.subject ?? `/CN=${name}`;
    await openssl(
      ["req", "-x509", "-new", "-key", key, "-subj", subject, "-days", days]
        .concat(add, ["-out", cert]),
    );
    return { cert, key };
  }

  /** A certificate that `issuer` has signed, whether it may or not. */
  async signedBy(issuer: Made, name: string, wish: Wish = {}): Promise<Made> {
    const key = await this.key(name, wish.key);
    const request = this.path(`${name}.csr`);
    const extensions = this.path(`${name}.ext`);
    const cert = this.path(`${name}.crt`);
    const subject = wish.subject ?? `/CN=${name}`;
    await openssl(
      ["req", "-new", "-key", key, "-subj", subject, "-out", request],
    );
    const lines = (wish.extensions ?? []).join("\n");
    await Deno.writeTextFile(extensions, `${lines}\n`);
    await openssl([
      ...["x509", "-req", "-in", request, "-CA", issuer.cert],
      ...["-CAkey", issuer.key, "-CAcreateserial", "-out", cert],
      ...["-days", `${wish.to ?? 90}`, "-extfile", extensions],
    ]);
    return { cert, key };
  }

  /** An authority of its own, or one below `issuer`. */
  async authority(name: string, issuer?: Authority): Promise<Authority> {
    const extensions = [
      "basicConstraints=critical,CA:TRUE",
      "keyUsage=critical,keyCertSign,cRLSign",
    ];
    const { cert, key } = issuer === undefined
      ? await this.selfSigned(name, { extensions: extensions.slice(1) })
      : await issuer.issue(name, { extensions });
    const index = this.path(`${name}.index`);
    await Deno.writeTextFile(index, "");
    await Deno.writeTextFile(
      this.path(`${name}.cnf`),
      `[ca]
default_ca = one
[one]
database = ${index}
new_certs_dir = ${this.folder}
certificate = ${cert}
private_key = ${key}
default_md = sha256
rand_serial = yes
unique_subject = no
policy = any
[any]
countryName = optional
organizationName = optional
commonName = optional
`,
    );
    return new Authority(this, name, { cert, key });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Issues and revokes. */
export class Authority {
  readonly #workshop: Workshop;
  readonly #name: string;
  /** Its own certificate and key. */
  readonly files: Made;

  constructor(workshop: Workshop, name: string, files: Made) {
    this.#workshop = workshop;
    this.#name = name;
    this.files = files;
  }

  /** Issues a certificate with a new key. */
  async issue(name: string, wish: Wish = {}): Promise<Made> {
    const key = await this.#workshop.key(name, wish.key);
    const request = this.#workshop.path(`${name}.csr`);
    const extensions = this.#workshop.path(`${name}.ext`);
    const cert = this.#workshop.path(`${name}.crt`);
    const subject = wish.subject ?? `/CN=${name}`;
    await openssl([
      ...["req", "-new", "-key", key, "-subj", subject, "-out", request],
    ]);
    const lines = [
      "subjectKeyIdentifier=hash",
      "authorityKeyIdentifier=keyid",
      ...wish.extensions ?? [],
    ];
    await Deno.writeTextFile(extensions, lines.join("\n") + "\n");
    await openssl([
      ...["ca", "-batch", "-notext", "-config", this.#config],
      ...["-in", request, "-out", cert, "-extfile", extensions],
      ...["-startdate", moment(wish.from ?? -1)],
      ...["-enddate", moment(wish.to ?? 90)],
    ]);
    return { cert, key };
  }

  /** Notes that a certificate is revoked; the next list tells of it. */
  async revoke({ cert }: Made): Promise<void> {
    await openssl(["ca", "-config", this.#config, "-revoke", cert]);
  }

  /** Writes a revocation list to `path`, good until `to` days from now. */
  async list(path: string, to = 30): Promise<void> {
    await openssl([
      ...["ca", "-config", this.#config, "-gencrl", "-out", `${path}.new`],
      ...["-crl_lastupdate", moment(-2), "-crl_nextupdate", moment(to)],
    ]);
    await Deno.rename(`${path}.new`, path);
  }

  get #config(): string {
    return this.#workshop.path(`${this.#name}.cnf`);
  }
}

/** Days from now as `openssl ca` takes a time. */
function moment(days: number): string {
  const time = new Date(Date.now() + days * DAY).toISOString();
  return time.replaceAll(/[-:T]|\.\d+/g, "");
}

/** The DER of the first certificate in a PEM file. */
export async function derOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const text = await Deno.readTextFile(path);
  const body = /-----BEGIN [^-]+-----([^-]+)-----END/.exec(text)![1];
  return Uint8Array.fromBase64(body);
}
