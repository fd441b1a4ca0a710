import { clash } from "./addresses.ts";
import { checkAccess } from "./access_checks.ts";
import type { PartialSettings } from "./complete.ts";
import type { OnMisfit } from "../text/problem.ts";
import { ListenerChecks } from "./listener_checks.ts";
import type { Settings } from "../model/settings.ts";

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
      `this rule has no filter: give one, like "sensors/#"`,
    );
  });
  checkAccess(given, settings, onMisfit);
  const checks = new ListenerChecks(settings.auth.length > 0, onMisfit);
  settings.listener.forEach((listener, index) => {
    checks.check(listener, given.listener?.[index] ?? {}, index);
  });
  checkAdmin(settings, onMisfit);
}

/**
 * Checks that a certificate of the admin page has its key and is used, and that
 * no listener has its address.
 */
function checkAdmin({ admin, listener }: Settings, onMisfit: OnMisfit): void {
  if (!admin.enabled) return;
  const { tls, cert, key } = admin;
  if ((cert === "") !== (key === "")) {
    const missing = cert === "" ? "cert" : "key";
    const given = cert === "" ? "key" : "cert";
    onMisfit(["admin", given], `it needs ${missing}: give both, or none`);
  } else if (cert !== "" && !tls) {
    onMisfit(
      ["admin", "cert"],
      "it has no effect: give tls = true, or remove it",
    );
  }
  for (const other of listener) {
    const fault = other.type === "unix" ? null : clash(admin, other);
    if (fault !== null) return onMisfit(["admin", "port"], fault);
  }
}
