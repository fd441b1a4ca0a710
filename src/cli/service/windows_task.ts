import { xml } from "./launchd.ts";

/** Returns an argument as Windows programs read their command line. */
function word(text: string): string {
  if (/^[^\s"]+$/.test(text)) return text;
  return `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
}

/**
 * Returns a task of the Windows Task Scheduler that starts `command` with the
 * machine, as the account LocalService, and again after a failure. A service of
 * Windows proper has to speak with the service manager through a library, which
 * the runtime may not load.
 */
export function windowsTask(command: readonly string[]): string {
  const [program, ...args] = command;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- Written by "dunlin service install". -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Dunlin MQTT broker</Description>
  </RegistrationInfo>
  <Triggers>
    <BootTrigger />
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>S-1-5-19</UserId>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>999</Count>
    </RestartOnFailure>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${xml(program)}</Command>
      <Arguments>${xml(args.map(word).join(" "))}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}
