import { AdminRefusal } from "../../protocol/mod.ts";

/** Bytes of the largest body. */
const LARGEST = 1 << 20;

/**
 * Returns the JSON of a request's body; undefined for none.
 *
 * @throws {AdminRefusal} 413 above 1 MiB, 415 for another content type, 400 for
 * what is not JSON in UTF-8.
 */
export async function readJson(request: Request): Promise<unknown> {
  const { body, headers } = request;
  if (body === null) return undefined;
  const length = Number(headers.get("content-length") ?? 0);
  if (length > LARGEST) throw tooLarge();
  const bytes = await readAll(body);
  if (bytes.length === 0) return undefined;
  const type = headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    const detail = "the body must be JSON: send content-type application/json";
    throw new AdminRefusal(415, "not-json", detail);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return JSON.parse(text);
  } catch {
    throw new AdminRefusal(400, "not-json", "the body is not JSON in UTF-8");
  }
}

async function readAll(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > LARGEST) throw tooLarge();
    chunks.push(chunk);
  }
  return await new Blob(chunks).bytes();
}

function tooLarge(): AdminRefusal {
  const detail = `the body is longer than ${LARGEST} bytes`;
  return new AdminRefusal(413, "body-too-large", detail);
}
