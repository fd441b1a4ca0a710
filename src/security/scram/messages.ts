import { decodeBase64 } from "../base64.ts";

/** Longest message (bytes): it holds a name and a nonce. */
const LONGEST = 4096;

/** A SCRAM message that is refused; the text holds no secret. */
export class ScramError extends Error {
  /** `wrong` is for the operator. */
  constructor(wrong: string) {
    super(wrong);
    this.name = "ScramError";
  }
}

/** The first message of a client (RFC 5802, 7: client-first-message). */
export interface ClientFirst {
  /** As it came, decoded but not prepared. */
  readonly username: string;
  /** The client's half of the nonce. */
  readonly nonce: string;
  /** Channel binding and authorization id, to be repeated by the client. */
  readonly gs2: string;
  /** All but that: signed in the end. */
  readonly bare: string;
}

/** The second message of a client (client-final-message). */
export interface ClientFinal {
  /** The gs2 header, repeated, in Base64 as it came. */
  readonly binding: string;
  /** Both halves of the nonce. */
  readonly nonce: string;
  /** 32 bytes where the client is right. */
  readonly proof: Uint8Array;
  /** All but the proof: signed. */
  readonly withoutProof: string;
}

/** Reads the first message; throws `ScramError`. */
export function readClientFirst(bytes: Uint8Array | null): ClientFirst {
  const text = textOf(bytes);
  const match =
    /^(n|y|p=[A-Za-z0-9.-]+),(a=[^,]+)?,((m=[^,]*,)?n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s
      .exec(text);
  if (match === null) throw new ScramError("malformed client-first-message");
  const [, binding, authzid, bare, extension, name, nonce] = match;
  // Over MQTT nothing is bound: the method that does is another (…-PLUS).
  if (binding.startsWith("p")) {
    throw new ScramError("channel binding is not supported");
  }
  if (extension !== undefined) {
    throw new ScramError("unknown mandatory extension");
  }
  if (nonce.length > 512) throw new ScramError("the nonce is too long");
  const username = decodeName(name);
  if (authzid !== undefined && decodeName(authzid.slice(2)) !== username) {
    throw new ScramError("the authorization id differs from the user name");
  }
  return {
    username,
    nonce,
    gs2: `${binding},${authzid ?? ""},`,
    bare,
  };
}

/** Reads the second message; throws `ScramError`. */
export function readClientFinal(bytes: Uint8Array | null): ClientFinal {
  const match =
    /^(c=([A-Za-z0-9+/]+=*),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?),p=([A-Za-z0-9+/]+=*)$/s
      .exec(textOf(bytes));
  if (match === null) throw new ScramError("malformed client-final-message");
  const [, withoutProof, binding, nonce, letters] = match;
  const proof = decodeBase64(letters);
  if (proof === null) throw new ScramError("the proof is not valid Base64");
  return { binding, nonce, proof, withoutProof };
}

function textOf(bytes: Uint8Array | null): string {
  if (bytes === null) throw new ScramError("no authentication data");
  if (bytes.length > LONGEST) throw new ScramError("the message is too long");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    throw new ScramError("the message is not UTF-8");
  }
}

/** `=2C` is a comma, `=3D` an equals sign, and there is no other (5.1). */
function decodeName(name: string): string {
  if (/=(?!2C|3D)/.test(name)) throw new ScramError("malformed user name");
  return name.replaceAll("=2C", ",").replaceAll("=3D", "=");
}
