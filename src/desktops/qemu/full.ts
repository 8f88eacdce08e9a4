/**
 * Fully virtualized: hardware that existed, with drivers in any operating system. The guest agent
 * is reached over a second serial port, and its identity given over a third.
 */
export const fullHardware: readonly string[] = [
  '-device',
  'VGA,vgamem_mb=32',
  '-device',
  'ide-hd,drive=disk,bus=ide.0,unit=0',
  // The PS/2 keyboard is part of the board. A tablet reports absolute positions, as RFB does: the
  // guest's pointer is where the user's is.
  '-device',
  'piix3-usb-uhci,id=usb',
  '-device',
  'usb-tablet,bus=usb.0',
  '-device',
  'isa-serial,chardev=agent,index=1',
  '-device',
  'isa-serial,chardev=identity,index=2',
];
