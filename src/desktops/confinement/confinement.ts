/** What one process of a guest may touch. Paths are absolute, and the same inside. */
export type Reach = {
  /** The machine, for whose own user the process runs where root starts it. */
  machineId: string;
  /**
   * Folders and files it may write to, and nobody else's guest. They are given to its user. Where the
   * broker itself trusts what is in a folder, name the guest's files in it one by one: files that are
   * bound one by one can't be replaced by links.
   */
  writable: readonly string[];
  /** Files and folders it may read beside the programs of the system. */
  readable: readonly string[];
  /** Device nodes, such as /dev/kvm. */
  devices: readonly string[];
  /**
   * Socket of the proxy that is its only way out; inside it listens on 127.0.0.1, port 3128. Null
   * for no network at all.
   */
  proxySocket: string | null;
  /** Whether it makes namespaces inside, with a proc of their own; default false. */
  nested?: boolean;
};

/**
 * To be started as the leader of a process group (`detached`), and ended by signals to that group:
 * the namespaces are not complete at once, and the group holds all that was started until then.
 */
export type ConfinedCommand = {
  program: string;
  args: string[];
  /** How it is confined, in a sentence, for logs and the doctor. */
  how: string;
};

/**
 * Wraps a command so that it runs without privileges, in namespaces of its own (mount, pid, ipc, uts,
 * network), and sees nothing but its reach. Descriptors from 3 on are passed through. When the
 * outermost process ends, however it does, everything inside ends with it; the broker's end does not
 * matter to it.
 */
export type Confinement = {
  /**
   * @throws tool-missing when there is no such program; sandbox-missing where it cannot be confined
   *   and root would run it, or where its network could not be kept to the proxy
   */
  wrap(
    command: { program: string; args: readonly string[] },
    reach: Reach,
  ): Promise<ConfinedCommand>;
  /** The machine is over: its user may be another's. */
  release(machineId: string): Promise<void>;
};
