import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { USER } from "../../packaging/container/build.ts";
import { loadSettings, VERSION } from "../../src/config/mod.ts";

const folder = new URL("../../packaging/container/", import.meta.url);

/** Reads the documents of a YAML file; a mistake in it throws. */
async function readYaml(name: string): Promise<unknown[]> {
  const text = await Deno.readTextFile(new URL(name, folder));
  return parseAllDocuments(text, { strict: true }).map((document) => {
    assert.deepEqual(document.errors, []);
    return document.toJS();
  });
}

const duration = z.string().regex(/^\d+s$/);
const IMAGE = z.literal(`dunlin:${VERSION}`);
const HEALTH = z.tuple([z.literal("/usr/bin/dunlin"), z.literal("health")]);

// Names and types of the Compose Specification; an unknown key is a mistake.
const compose = z.strictObject({
  services: z.strictObject({
    dunlin: z.strictObject({
      image: IMAGE,
      restart: z.enum(["no", "always", "on-failure", "unless-stopped"]),
      read_only: z.literal(true),
      cap_drop: z.array(z.string()),
      security_opt: z.array(z.string()),
      stop_grace_period: duration,
      mem_limit: z.string().regex(/^\d+[bkmg]$/),
      ports: z.array(z.string().regex(/^\d+:\d+$/)),
      environment: z.record(z.string(), z.string()),
      healthcheck: z.strictObject({
        test: z.tuple([z.literal("CMD"), ...HEALTH.def.items]),
        ...{ interval: duration, timeout: duration, start_period: duration },
        retries: z.int(),
      }),
      tmpfs: z.array(z.string()),
      volumes: z.array(z.string().regex(/^[\w./]+:\/[\w./]+(:ro)?$/)),
    }),
  }),
  volumes: z.strictObject({ dunlin: z.strictObject({}) }),
});

const metadata = z.strictObject({ name: z.string() });
const labels = z.strictObject({ app: z.literal("dunlin") });
const seconds = z.int().min(1);
const probe = z.union([
  z.strictObject({ exec: z.strictObject({ command: HEALTH }) }),
  z.strictObject({ tcpSocket: z.strictObject({ port: z.literal("mqtt") }) }),
]);
const timing = {
  ...{ periodSeconds: seconds, timeoutSeconds: seconds.optional() },
  failureThreshold: seconds.optional(),
};
const timed = z.record(z.string(), z.unknown()).transform((given, context) => {
  const { periodSeconds, timeoutSeconds, failureThreshold, ...way } = given;
  const times = { periodSeconds, timeoutSeconds, failureThreshold };
  for (
    const { success, error } of [
      z.strictObject(timing).safeParse(times),
      probe.safeParse(way),
    ]
  ) {
    if (!success) context.addIssue({ code: "custom", message: error.message });
  }
  return given;
});
const quantity = z.string().regex(/^\d+(m|Mi|Gi)?$/);
const resources = z.record(z.enum(["cpu", "memory"]), quantity.optional());

// Names and types of the API of Kubernetes; an unknown key is a mistake.
const kubernetes = z.tuple([
  z.strictObject({
    ...{ apiVersion: z.literal("v1"), kind: z.literal("ConfigMap"), metadata },
    data: z.strictObject({ "dunlin.toml": z.string() }),
  }),
  z.strictObject({
    ...{ apiVersion: z.literal("v1"), kind: z.literal("Service"), metadata },
    spec: z.strictObject({
      selector: labels,
      ports: z.array(
        z.strictObject({
          ...{ name: z.literal("mqtt"), port: z.int() },
          targetPort: z.literal("mqtt"),
        }),
      ),
    }),
  }),
  z.strictObject({
    ...{ apiVersion: z.literal("apps/v1"), kind: z.literal("StatefulSet") },
    metadata,
    spec: z.strictObject({
      ...{ serviceName: z.literal("dunlin"), replicas: z.literal(1) },
      selector: z.strictObject({ matchLabels: labels }),
      template: z.strictObject({
        metadata: z.strictObject({ labels }),
        spec: z.strictObject({
          automountServiceAccountToken: z.literal(false),
          terminationGracePeriodSeconds: seconds,
          securityContext: z.strictObject({
            runAsNonRoot: z.literal(true),
            runAsUser: z.literal(USER),
            runAsGroup: z.literal(USER),
            fsGroup: z.literal(USER),
            seccompProfile: z.strictObject({ type: z.string() }),
          }),
          containers: z.tuple([z.strictObject({
            ...{ name: z.string(), image: IMAGE },
            env: z.array(
              z.strictObject({ name: z.string(), value: z.string() }),
            ),
            ports: z.array(z.strictObject({
              ...{ name: z.literal("mqtt"), containerPort: z.int() },
            })),
            securityContext: z.strictObject({
              allowPrivilegeEscalation: z.literal(false),
              readOnlyRootFilesystem: z.literal(true),
              capabilities: z.strictObject({ drop: z.array(z.string()) }),
            }),
            startupProbe: timed,
            readinessProbe: timed,
            livenessProbe: timed,
            resources: z.strictObject({
              requests: resources,
              limits: resources,
            }),
            volumeMounts: z.array(z.strictObject({
              ...{ name: z.string(), mountPath: z.string().startsWith("/") },
              readOnly: z.boolean().optional(),
            })),
          })]),
          volumes: z.array(z.strictObject({
            name: z.string(),
            configMap: metadata.optional(),
            secret: z.strictObject({
              ...{ secretName: z.string(), defaultMode: z.int() },
            }).optional(),
            emptyDir: z.strictObject({
              ...{ medium: z.literal("Memory"), sizeLimit: quantity },
            }).optional(),
          })),
        }),
      }),
      volumeClaimTemplates: z.array(z.strictObject({
        metadata,
        spec: z.strictObject({
          accessModes: z.array(z.literal("ReadWriteOnce")),
          resources: z.strictObject({
            requests: z.strictObject({ storage: quantity }),
          }),
        }),
      })),
    }),
  }),
]);

Deno.test("compose.yaml: each key is one of Compose, for the image of this version", async () => {
  compose.parse((await readYaml("compose.yaml"))[0]);
});

Deno.test("kubernetes.yaml: each key is one of Kubernetes; each mount has its volume, and the settings are valid", async () => {
  const [{ data }, , { spec }] = kubernetes.parse(
    await readYaml("kubernetes.yaml"),
  );
  const { containers: [container], volumes } = spec.template.spec;
  const claims = spec.volumeClaimTemplates.map(({ metadata }) => metadata);
  assert.deepEqual(
    container.volumeMounts.map(({ name }) => name).sort(),
    [...volumes, ...claims].map(({ name }) => name).sort(),
  );
  const text = data["dunlin.toml"];
  const settings = await loadSettings({ file: { name: "dunlin.toml", text } });
  const [file] = settings.auth.map(({ file }) => file);
  const mounts = container.volumeMounts.map(({ mountPath }) => mountPath);
  assert.ok(mounts.some((path) => file.startsWith(`${path}/`)));
});
