import type { Clock } from "../../../clock/mod.ts";
import { AdminRefusal } from "../../protocol/mod.ts";

/** A body has so long to arrive (ms). */
const PATIENCE = 30_000;

/**
 * Returns the JSON of a request's body; undefined for none.
 *
 * @throws {AdminRefusal} 413 above `largest` bytes, 415 for another content
 * type, 408 for one that has not arrived after 30 s, 400 for one that ends too
 * early or is not JSON in UTF-8.
 */
export async function readJson(
  request: Request,
  largest: number,
  clock: Clock,
): Promise<unknown> {
  const { body, headers } = request;
  if (body === null) return undefined;
  const length = Number(headers.get("content-length") ?? 0);
  if (length > largest) throw tooLarge(largest);
  const bytes = await readAll(body, largest, clock);
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
  largest: number,
  clock: Clock,
): Promise<Uint8Array> {
  const reader = body.getReader();
  let isLate = false;
  const cancel = clock.after(PATIENCE, () => {
    isLate = true;
    // The read that waits ends.
    void reader.cancel().catch(() => {});
  });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (isLate) throw tooSlow();
      if (done) return await new Blob(chunks).bytes();
      length += value.length;
      if (length > largest) throw tooLarge(largest);
      chunks.push(value);
    }
  } catch (error) {
    void reader.cancel().catch(() => {});
    if (error instanceof AdminRefusal) throw error;
    throw new AdminRefusal(400, "body-incomplete", "the body ends too early");
  } finally {
    cancel();
  }
}

function tooLarge(largest: number): AdminRefusal {
  const detail = `the body is longer than ${largest} bytes`;
  return new AdminRefusal(413, "body-too-large", detail);
}

function tooSlow(): AdminRefusal {
  const detail = `the body did not arrive within ${PATIENCE / 1000} s`;
  return new AdminRefusal(408, "body-too-slow", detail);
}
