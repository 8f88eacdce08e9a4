import { InvalidArgumentError } from 'commander';

/** A port on a command line. 0 stands for any that is free. */
export function portNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}
