import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type TarEntry, tarOf } from "../tar.ts";

/** An image for one processor. */
export interface Image {
  /** As `dunlin:0.1.0`. */
  readonly name: string;
  readonly architecture: "amd64" | "arm64";
  /** Layers, the lowest first. */
  readonly layers: readonly (readonly TarEntry[])[];
  /** The `config` object of the image, as Docker and OCI have it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Annotations of the manifest. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Refers to bytes by their SHA-256. */
interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const MEDIA = "application/vnd.oci.image";

/** The parts of an image archive, as they are added. */
class Blobs {
  readonly entries: TarEntry[] = [
    { path: "blobs" },
    { path: "blobs/sha256" },
  ];

  /** Adds bytes, or the JSON of an object; returns what refers to them. */
  add(mediaType: string, content: Uint8Array | object): Descriptor {
    const bytes = content instanceof Uint8Array
      ? content
      : new TextEncoder().encode(JSON.stringify(content));
    const sum = sha256(bytes);
    this.entries.push({ path: `blobs/sha256/${sum}`, content: bytes });
    return { mediaType, digest: `sha256:${sum}`, size: bytes.length };
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Returns the archive of an image: an OCI image layout, with the
 * `manifest.json` of `docker save` beside it. `docker load`, `podman load` and
 * `skopeo copy oci-archive:FILE` read it. The same image gives the same bytes.
 */
export function imageArchive(image: Image): Uint8Array<ArrayBuffer> {
  const { name, architecture, annotations } = image;
  const blobs = new Blobs();
  const tars = image.layers.map(tarOf);
  const layers = tars.map((tar) => {
    const packed = new Uint8Array(gzipSync(tar));
    return blobs.add(`${MEDIA}.layer.v1.tar+gzip`, packed);
  });
  const diffs = tars.map((tar) => `sha256:${sha256(tar)}`);
  const config = blobs.add(`${MEDIA}.config.v1+json`, {
    ...{ architecture, os: "linux", config: image.config },
    rootfs: { type: "layers", diff_ids: diffs },
  });
  const manifest = blobs.add(`${MEDIA}.manifest.v1+json`, {
    ...{ schemaVersion: 2, mediaType: `${MEDIA}.manifest.v1+json` },
    ...{ config, layers, annotations },
  });
  const json = (path: string, value: unknown): TarEntry => ({
    path,
    content: new TextEncoder().encode(JSON.stringify(value)),
  });
  const tag = name.slice(name.lastIndexOf(":") + 1);
  const pathOf = ({ digest }: Descriptor) =>
    `blobs/${digest.replace(":", "/")}`;
  return tarOf([
    json("oci-layout", { imageLayoutVersion: "1.0.0" }),
    json("index.json", {
      ...{ schemaVersion: 2, mediaType: `${MEDIA}.index.v1+json` },
      manifests: [{
        ...{ ...manifest, platform: { architecture, os: "linux" } },
        annotations: { "org.opencontainers.image.ref.name": tag },
      }],
    }),
    json("manifest.json", [{
      ...{ Config: pathOf(config), RepoTags: [name] },
      Layers: layers.map(pathOf),
    }]),
    ...blobs.entries,
  ]);
}
