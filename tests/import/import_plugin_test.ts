import assert from "node:assert/strict";
import { WebServer } from "../support/web_server.ts";
import { startImported } from "./imported_site.ts";
import { attempted } from "./visitors.ts";

Deno.test("import: a plugin that asks over HTTP is replaced by asking the same server", async () => {
  // As the servers answer that are written for the plugin: by status alone.
  await using server = new WebServer(({ path, body }) => {
    const said = path === "/user"
      ? body.includes("alice") && body.includes("wonder")
      : path === "/acl" && body.includes("house/door");
    return new Response("", { status: said ? 200 : 403 });
  });
  const folder = await Deno.makeTempDir({ prefix: "dunlin-plugin-" });
  try {
    const conf = `${folder}/go.conf`;
    const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = free.addr;
    free.close();
    await Deno.writeTextFile(
      conf,
      `listener ${port} 127.0.0.1
allow_anonymous false
auth_plugin /usr/lib/mosquitto/go-auth.so
auth_opt_backends http
auth_opt_http_host 127.0.0.1
auth_opt_http_port ${new URL(server.url).port}
auth_opt_http_getuser_uri /user
auth_opt_http_aclcheck_uri /acl
`,
    );
    await using started = await startImported({
      ...{ folder, conf, ports: [port], speaks: {} },
    });
    assert.deepEqual(started.imported.lost, []);
    const talk = (topic: string) => {
      const visit = { at: 0, as: "alice" };
      const there = { publishes: topic, subscribes: topic, hears: null };
      return attempted({ from: visit, to: visit, ...there }, started.site);
    };
    const come = (visit: { as?: string; password?: string }) =>
      attempted({ visit: { at: 0, ...visit }, comesIn: true }, started.site);
    assert.deepEqual(
      [
        await come({ as: "alice" }),
        await come({ as: "alice", password: "x" }),
        await come({ as: "eve" }),
        await come({}),
      ],
      [true, false, false, false],
    );
    assert.equal(await talk("house/door"), "house/door");
    assert.equal(await talk("house/safe"), null);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
