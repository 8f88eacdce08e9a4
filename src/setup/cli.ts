/** The command line `porthole`. */
import { Command } from 'commander';
import { adminCommand, usersCommand } from './cli/admin.ts';
import { brokerCommand } from './cli/broker.ts';
import type { CommandContext } from './cli/context.ts';
import { doctorCommand } from './cli/doctor.ts';
import { imageCommand } from './cli/image.ts';
import { measuredMachines } from './cli/measured-machines.ts';
import { planCommand } from './cli/plan.ts';
import { terminalCommand } from './cli/terminal.ts';
import { explain } from './explain.ts';
import { locationsOf } from './locations.ts';
import { createProgress } from './progress.mjs';
import { endingSignal } from './stop-signals.ts';

const context: CommandContext = {
  env: process.env,
  uid: process.getuid?.() ?? 0,
  locations: locationsOf(process.env),
  progress: createProgress({ output: process.stderr, now: () => performance.now() }),
  signal: endingSignal(process),
  stdin: process.stdin,
  stdout: process.stdout,
  endWith: (exitCode) => {
    process.exitCode = exitCode;
  },
};

const program = new Command('porthole')
  .description('Desktops that run on one machine and are shown on another.')
  .addHelpText(
    'after',
    `
To see it work:           npm start
To find what is missing:  porthole doctor
To run a broker:          porthole image build, porthole admin user add, porthole broker`,
  );
const commands = [
  doctorCommand,
  imageCommand,
  brokerCommand,
  terminalCommand,
  adminCommand,
  usersCommand,
];
for (const create of commands) program.addCommand(create(context));
program.addCommand(planCommand(context, measuredMachines));

try {
  await program.parseAsync();
} catch (error) {
  const { text, exitCode } = explain(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = exitCode;
}
