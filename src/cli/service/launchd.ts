/** Returns `text` for XML. */
export function xml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** The name of the service in launchd. */
export const LABEL = "dunlin";

/**
 * Returns a property list for launchd, which starts `command` at once and again
 * after a failure. The log goes to the file `log`.
 */
export function launchdPlist(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  log: string,
): string {
  const words = command.map((one) => `    <string>${xml(one)}</string>\n`);
  const variables = Object.entries(environment).map(([name, value]) =>
    `    <key>${xml(name)}</key>\n    <string>${xml(value)}</string>\n`
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- Written by "dunlin service install". -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${words.join("")}  </array>
  <key>EnvironmentVariables</key>
  <dict>
${variables.join("")}  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ExitTimeOut</key>
  <integer>30</integer>
  <key>SoftResourceLimits</key>
  <dict>
    <key>NumberOfFiles</key>
    <integer>65536</integer>
  </dict>
  <key>StandardErrorPath</key>
  <string>${xml(log)}</string>
</dict>
</plist>
`;
}
