/**
 * The catalogue of everything that can go wrong and be told to a person.
 *
 * `status` is the HTTP status (RFC 9110) when the broker answers with it, `null` for problems that
 * only arise on the terminal or on a command line. `message` says what happened and `remedy` what
 * to do about it, both in plain English; the renderer translates by `code`. docs/errors.md lists
 * the same rows, and a test holds the two together.
 */
export const errorCatalogue = {
  // Requests
  'body-too-large': row(413, 'The request is larger than the broker accepts.', 'Send less.'),
  'internal-error': row(
    500,
    'The broker hit a fault of its own.',
    'Try again. If it stays, look for the request id in the broker log.',
  ),
  'handshake-refused': row(
    null,
    'Somebody did not speak TLS 1.3 with the broker.',
    'Check what is at the address that the audit log names: a terminal of this version always does.',
  ),
  'invalid-request': row(
    400,
    'The request does not have the form that the broker expects.',
    'Compare the request with /v1/openapi.json. Terminal and broker may be of different versions.',
  ),
  'not-found': row(404, 'There is nothing at this address.', 'Check the address.'),
  'too-many-requests': row(
    429,
    'Too many requests came from this terminal.',
    'Wait a moment and try again.',
  ),

  // Terminal identity
  'enrollment-denied': row(
    403,
    'The request to enroll this terminal was refused.',
    'Ask your administrator why, or start again.',
  ),
  'enrollment-expired': row(
    403,
    'The code to enroll this terminal has expired.',
    'Start again: the terminal then shows a new one.',
  ),
  'enrollment-not-found': row(
    404,
    'No terminal is waiting with this code.',
    'Check the code for typing mistakes. Codes are good for ten minutes and for one terminal.',
  ),
  'enrollment-mismatch': row(
    409,
    'The terminal does not speak to this broker, or not with the key that it says.',
    'Do not approve it: somebody may be between the two. Check its network and the address that was entered.',
  ),
  'enrollment-token-expired': row(
    403,
    'The enrollment token of this terminal has expired.',
    'Ask your administrator for a new one.',
  ),
  'enrollment-token-used-up': row(
    403,
    'The enrollment token of this terminal has enrolled as many terminals as it may.',
    'Ask your administrator for a new one.',
  ),
  'enrollment-token-wrong': row(
    403,
    'The enrollment token of this terminal is not known.',
    'Compare it with the one that the administrator was given.',
  ),
  'proof-nonce-needed': row(
    401,
    'The proof of the terminal does not have the nonce that the broker asks for.',
    'Sign it again with the nonce in the DPoP-Nonce header.',
  ),
  'proof-invalid': row(
    401,
    'The request is not signed by the key of this terminal.',
    'Check that the clock of the terminal is right, then try again.',
  ),
  'terminal-unknown': row(
    401,
    'The broker does not know this terminal, or no longer.',
    'Enroll the terminal again.',
  ),

  // Sign-in and permissions
  'account-disabled': row(403, 'This account is switched off.', 'Ask your administrator.'),
  'credentials-wrong': row(
    401,
    'User name or password is wrong.',
    'Check both and try again. Capital letters matter in the password.',
  ),
  'identity-provider-refused': row(
    403,
    'Your organization’s sign-in did not let you in.',
    'Try again, or ask your administrator.',
  ),
  'identity-provider-unreachable': row(
    502,
    'Your organization’s sign-in cannot be reached.',
    'Try again later, or sign in with an account of the broker.',
  ),
  'not-signed-in': row(401, 'You are not signed in any more.', 'Sign in again.'),
  'nothing-to-resume': row(
    404,
    'No session of this terminal is waiting to be resumed.',
    'Sign in.',
  ),
  'origin-refused': row(
    403,
    'The request came from another page than the broker’s own.',
    'Open the page at the address of the broker and try again.',
  ),
  'permission-missing': row(
    403,
    'Your roles do not allow this.',
    'Ask an administrator to do it, or to give you a role that allows it.',
  ),
  'password-unfit': row(
    400,
    'This cannot be your new password.',
    'Use 8 to 256 characters, and type the same twice.',
  ),
  'second-factor-wrong': row(
    401,
    'The six-digit code is wrong or was used already.',
    'Wait for the next code in your authenticator app and enter that.',
  ),
  'sign-in-expired': row(
    410,
    'This sign-in took too long or was finished already.',
    'Start again.',
  ),
  'sign-in-refused': row(null, 'The sign-in was not completed.', 'Sign in again.'),
  'sign-in-throttled': row(
    429,
    'Too many wrong passwords were tried from here.',
    'Wait until the time shown has passed, then try again.',
  ),

  // Administration
  'change-conflict': row(
    409,
    'This cannot be changed so.',
    'The detail says what stands against it.',
  ),
  'name-taken': row(409, 'This name is already in use.', 'Choose another name.'),

  // Desktops and sessions
  'desktop-not-found': row(
    404,
    'There is no such desktop for you.',
    'Choose one of the desktops listed.',
  ),
  'disk-damaged': row(
    503,
    'The disk of this desktop is damaged.',
    'Save nothing more there. Ask your administrator, who can go back to a snapshot or give you a fresh disk.',
  ),
  'disk-full': row(
    507,
    'The disk of the broker is full.',
    'Ask your administrator to free some space, then try again.',
  ),
  'disk-missing': row(
    503,
    'The disk of this virtual server is missing.',
    'Put the file back, restore a snapshot of it, or remove the server.',
  ),
  'guest-boot-timeout': row(
    504,
    'The desktop did not start in time.',
    'Try again. The console log of the desktop says how far it came.',
  ),
  'guest-failed': row(
    502,
    'The desktop stopped unexpectedly.',
    'Start it again. The log of the desktop says why it stopped.',
  ),
  'shadowing-not-allowed': row(
    403,
    'Nobody may look at the sessions of this pool.',
    'Whoever looks after the pool can allow it.',
  ),
  'shadowing-not-found': row(
    404,
    'There is no such helper in this session.',
    'Ask to be let in anew.',
  ),
  'host-full': row(
    503,
    'The broker has no room for another desktop.',
    'End a desktop that you no longer need, or try again later.',
  ),
  'kept-disk-missing': row(
    503,
    'Your disk in this desktop is missing.',
    'Ask your administrator to put it back, or to let you begin with a fresh one. Nothing was overwritten.',
  ),
  'suspend-unsupported': row(
    409,
    'This desktop cannot be suspended.',
    'Choose the engine "para" or "full" for desktops that are to be suspended.',
  ),
  'sandbox-missing': row(
    503,
    'The program that confines desktops is missing on the broker.',
    'Ask your administrator to install bubblewrap and to run "porthole doctor".',
  ),
  'image-damaged': row(
    503,
    'The image of this desktop is damaged.',
    'Ask your administrator to run "porthole image build", or to add the image again.',
  ),
  'image-unknown': row(
    503,
    'The image of this desktop is missing.',
    'Ask your administrator to run "porthole image list" and to add what is missing.',
  ),
  'qemu-missing': row(
    503,
    'QEMU is not installed on the broker.',
    'Ask your administrator to run "porthole doctor".',
  ),
  'session-ended': row(410, 'This session has ended.', 'Start a new one.'),
  'session-not-found': row(404, 'There is no such session for you.', 'Start a new one.'),
  'session-not-ready': row(409, 'The desktop is still starting.', 'Wait until it is ready.'),

  // The stream
  'stream-idle-limit': row(
    null,
    'The session was left alone for too long and was disconnected.',
    'Connect again: it is still running.',
  ),
  'stream-lost': row(
    null,
    'The connection to the desktop was lost.',
    'It is tried again by itself. Check the network if this lasts.',
  ),
  'stream-protocol-error': row(
    null,
    'The display connection carried something that is not a display connection.',
    'Connect again. Terminal and broker may be of different versions.',
  ),
  'stream-taken-over': row(
    null,
    'This session was opened in another place.',
    'Connect again to bring it back here.',
  ),
  'stream-time-limit': row(
    null,
    'The session reached the longest time allowed and has ended.',
    'Start a new one, or ask your administrator for a longer limit.',
  ),
  'ticket-invalid': row(
    null,
    'The ticket for the display was refused.',
    'Connect again: each ticket is good for one connection within 30 seconds.',
  ),

  // On the terminal
  'broker-address-invalid': row(
    null,
    'This is not an address of a broker.',
    'Enter an address such as https://broker.example.',
  ),
  'broker-answer-invalid': row(
    null,
    'The broker answered with something this terminal does not understand.',
    'Check the address. Terminal and broker may be of different versions.',
  ),
  'broker-certificate-expired': row(
    null,
    'The certificate of the broker has expired or is not valid yet.',
    'Check the clock of this terminal. If it is right, the certificate of the broker has to be renewed.',
  ),
  'broker-key-changed': row(
    null,
    'The broker does not show the key that this terminal knows it by.',
    'Somebody may be between the terminal and its broker. Ask your administrator before anything else; if the broker was set up anew, enroll the terminal again.',
  ),
  'broker-name-wrong': row(
    null,
    'The certificate of the broker is for another name.',
    'Check the address. If it is right, list its name in "names" or "publicOrigins" of the broker.',
  ),
  'broker-unreachable': row(
    null,
    'The broker cannot be reached.',
    'Check the network and the address, and that the broker is running.',
  ),
  'ipc-refused': row(
    null,
    'A part of the app asked for something that it may not have.',
    'Restart Porthole. If it happens again, report it.',
  ),
  'not-possible-now': row(
    null,
    'This cannot be done at the moment.',
    'Wait until the step under way is over, or cancel it.',
  ),
  'vault-damaged': row(
    null,
    'What this terminal kept its secrets in cannot be read.',
    'Enroll the terminal again.',
  ),
  'vault-unavailable': row(
    null,
    'The place where this terminal keeps its secrets cannot be used.',
    'Unlock the keychain of this machine, or put right what the detail names; or go on without: the terminal then has to be enrolled again after each restart.',
  ),

  // Setting up and starting
  'audit-broken': row(
    null,
    'The audit log is not as it was written.',
    'Keep a copy of the database as it is now and compare it with a backup: from the entry named on, the log cannot be believed.',
  ),
  'backup-damaged': row(
    null,
    'This backup cannot be restored.',
    'Use another one. Nothing was changed.',
  ),
  'broker-running': row(
    null,
    'Another broker already uses this data folder, or this database.',
    'Stop it first, or give this one a folder of its own with "dataDir", and a database of its own.',
  ),
  'command-failed': row(
    null,
    'A program that Porthole needs stopped with an error.',
    'Read its message above, mend the cause, and try again.',
  ),
  'command-invalid': row(null, 'This cannot be done so.', 'Read the detail, and --help.'),
  'config-invalid': row(
    null,
    'The configuration has a mistake.',
    'Correct the field named and start again.',
  ),
  'config-unreadable': row(
    null,
    'The configuration file cannot be read.',
    'Check that the file exists, is readable, and is JSON.',
  ),
  'display-missing': row(
    null,
    'There is no display to show a window on.',
    'Start with --headless to have pictures of the window written instead.',
  ),
  'download-damaged': row(
    null,
    'Something that was downloaded is not what it should be.',
    'It was not used. Try again; if it stays, the registry or the network changes what it delivers.',
  ),
  'electron-missing': row(
    null,
    'There is no Electron that can run the terminal on this machine.',
    'Run "npx install-electron", or set ELECTRON_OVERRIDE_DIST_PATH to a folder that holds one.',
  ),
  'image-invalid': row(
    null,
    'This file cannot be used as an image.',
    'Give a qcow2 file, or the raw copy of a bootable disk, that stands alone: "qemu-img convert -O qcow2" makes one.',
  ),
  'image-name-invalid': row(
    null,
    'An image cannot have this name.',
    'Use up to 63 lower-case letters, digits, ".", "_" and "-", beginning with a letter or digit.',
  ),
  'image-name-taken': row(
    null,
    'There is an image of this name already.',
    'Choose another name, or remove the other image first.',
  ),
  'offline-missing': row(
    null,
    'Something needed is not on this machine, and --offline forbids fetching it.',
    'Start once without --offline.',
  ),
  'packages-unreachable': row(
    null,
    'The Debian packages for the image cannot be fetched.',
    'Check the network, and http_proxy if there is a proxy, then start again: it goes on where it stopped.',
  ),
  'port-in-use': row(
    null,
    'Another program already listens on this port.',
    'Stop it, or choose another port with --port.',
  ),
  'store-damaged': row(
    null,
    'The data of the broker cannot be read.',
    'It was left as it is. Restore a backup, or move it aside to begin anew.',
  ),
  'store-foreign': row(
    null,
    'This is not the store that the data folder belongs to.',
    'Start it as before: with the DATABASE_URL that it had, or without any. To leave the old store for good, restore a backup with --replace.',
  ),
  'store-missing': row(
    null,
    'There is no broker in this data folder.',
    'Check the folder for typing mistakes.',
  ),
  'store-unreachable': row(
    503,
    'The database of the broker cannot be reached.',
    'Check that the database server runs and that DATABASE_URL is right.',
  ),
  'tool-missing': row(
    null,
    'A program that Porthole needs is not installed.',
    'Run "porthole doctor": it prints the one line that installs it.',
  ),
} as const satisfies Record<string, CatalogueRow>;

type CatalogueRow = { status: number | null; message: string; remedy: string };

function row(status: number | null, message: string, remedy: string): CatalogueRow {
  return { status, message, remedy };
}
