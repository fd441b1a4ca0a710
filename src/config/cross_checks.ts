import type { PartialSettings } from "./complete.ts";
import type { Path } from "./problem.ts";
import type { ListenerSettings, Settings } from "./settings.ts";

/** Tells of a setting that does not fit the others. */
export type OnMisfit = (path: Path, message: string) => void;

/** Whether only this machine can reach an address. */
export function isLoopback(bind: string): boolean {
  return bind === "localhost" || bind === "::1" ||
    /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(bind);
}

/**
 * Checks what one setting alone cannot tell: names and addresses that two
 * listeners share, settings of another listener type, and listeners that
 * others can reach without being asked who they are. `given` holds what was
 * really said, `settings` the defaults too.
 */
export function crossCheck(
  given: PartialSettings,
  settings: Settings,
  onMisfit: OnMisfit,
): void {
  settings.storage.rule.forEach((rule, index) => {
    if (rule.filter !== "") return;
    onMisfit(
      ["storage", "rule", index, "filter"],
      `this rule is about no topics: give it a filter`,
    );
  });
  const names = new Set<string>();
  const addresses = new Map<string, string>();
  settings.listener.forEach((listener, index) => {
    const said = given.listener?.[index] ?? {};
    const at = (key: keyof ListenerSettings) => ["listener", index, key];
    if (names.has(listener.name)) {
      onMisfit(at("name"), `two listeners are called ${listener.name}`);
    }
    names.add(listener.name);

    const address = `${listener.bind}:${listener.port}`;
    const other = addresses.get(address);
    if (other !== undefined && listener.port !== 0) {
      onMisfit(
        at("port"),
        `the listener ${other} already has ${listener.bind} port ${listener.port}: give another port`,
      );
    }
    addresses.set(address, listener.name);

    if (!isLoopback(listener.bind) && said.allow_anonymous !== true) {
      onMisfit(at("bind"), openToOthers(listener.bind, index));
    }
    if (listener.type === "tcp") {
      for (const key of ["path", "allowed_origins"] as const) {
        if (said[key] === undefined) continue;
        onMisfit(
          at(key),
          `only a listener of type "websocket" has it: remove it, or set the type`,
        );
      }
    }
  });
}

function openToOthers(bind: string, index: number): string {
  return `others can reach ${bind}, and nobody would be asked for ` +
    `credentials: give this listener allow_anonymous = true if that is ` +
    `meant (--set listener.${index}.allow_anonymous=true), ` +
    `or bind it to 127.0.0.1`;
}
