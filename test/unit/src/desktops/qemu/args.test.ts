import { describe, expect, it } from 'vitest';
import { type QemuPlan, qemuArgs } from '../../../../../src/desktops/qemu/args.ts';
import { machinePaths } from '../../../../../src/desktops/qemu/machine-paths.ts';

const id = '8a7c1a52-2b1f-4b7e-9d5e-0c7b4d1f3a90';
const plan: QemuPlan = {
  id,
  engine: 'para',
  accelerator: 'tcg',
  memoryMb: 512,
  cpus: 2,
  boot: { kind: 'disk' },
  memory: { kind: 'anonymous', balloon: true },
  incoming: false,
  network: null,
  paths: machinePaths({ dataDir: '/data', runtimeDir: '/run/p' }, id),
};

const common = [
  '-nodefaults',
  '-no-user-config',
  '-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
  '-audiodev none,id=silence',
  `-name porthole-${id}`,
  `-uuid ${id}`,
  `-pidfile /data/machines/${id}/qemu.pid`,
  `-device vmgenid,guid=${id}`,
];
const memory = '-object memory-backend-ram,id=memory,size=512M';
const virtioBalloon =
  '-device virtio-balloon-pci,id=balloon,free-page-reporting=on,deflate-on-oom=on';
const channels = [
  '-chardev socket,id=qmp,path=/run/p/8a7c1a522b1f4b7e/qmp,server=on,wait=off',
  '-mon chardev=qmp,mode=control',
  '-display none',
  '-vnc unix:/run/p/8a7c1a522b1f4b7e/rfb,share=force-shared,lossy=on',
  `-chardev file,id=console,path=/data/machines/${id}/console.log,append=on`,
  '-device isa-serial,chardev=console,index=0',
  '-chardev socket,id=agent,path=/run/p/8a7c1a522b1f4b7e/agent,server=on,wait=off',
  '-chardev socket,id=identity,path=/run/p/8a7c1a522b1f4b7e/identity,server=on,wait=off',
  `-blockdev driver=qcow2,node-name=disk,file.driver=file,file.filename=/data/machines/${id}/disk.qcow2,discard=unmap,cache.no-flush=on`,
];

describe("QEMU's command line", () => {
  it('is this, para-virtualized', () => {
    expect(lines(qemuArgs(plan))).toEqual([
      ...common,
      memory,
      '-machine q35,vmport=off,dump-guest-core=off,memory-backend=memory',
      '-accel tcg,tb-size=64',
      '-cpu max',
      '-smp 2',
      '-m 512M',
      '-rtc base=utc',
      ...channels,
      '-device virtio-vga',
      '-device virtio-blk-pci,drive=disk',
      '-device virtio-keyboard-pci',
      '-device virtio-tablet-pci',
      '-object rng-builtin,id=entropy',
      '-device virtio-rng-pci,rng=entropy',
      '-device virtio-serial-pci',
      '-device virtserialport,chardev=agent,name=org.qemu.guest_agent.0',
      '-device virtserialport,chardev=identity,name=io.porthole.identity',
      virtioBalloon,
      '-nic none',
      '-boot order=c,menu=off',
    ]);
  });

  it('is this, fully virtualized with KVM and a kernel', () => {
    const args = qemuArgs({
      ...plan,
      engine: 'full',
      accelerator: 'kvm',
      boot: { kind: 'kernel', kernel: '/i/vmlinux', initrd: '/i/initrd', cmdline: 'quiet x=1' },
    });
    expect(lines(args)).toEqual([
      ...common,
      memory,
      '-machine pc,vmport=off,dump-guest-core=off,memory-backend=memory',
      '-accel kvm',
      '-cpu host',
      '-smp 2',
      '-m 512M',
      '-rtc base=utc',
      ...channels,
      '-device VGA,vgamem_mb=32',
      '-device ide-hd,drive=disk,bus=ide.0,unit=0',
      '-device piix3-usb-uhci,id=usb',
      '-device usb-tablet,bus=usb.0',
      '-device isa-serial,chardev=agent,index=1',
      '-device isa-serial,chardev=identity,index=2',
      '-nic none',
      '-kernel /i/vmlinux',
      '-initrd /i/initrd',
      '-append quiet x=1',
    ]);
  });

  it('leaves out VGA where QEMU loads the kernel, which has no use for it', () => {
    const boot = {
      kind: 'kernel',
      kernel: '/i/vmlinux',
      initrd: '/i/initrd',
      cmdline: '',
    } as const;
    const args = lines(qemuArgs({ ...plan, boot }));
    expect(args).toContain('-device virtio-gpu-pci,xres=1024,yres=768');
    expect(args).not.toContain('-device virtio-vga');
  });

  it('is the same for a clone as for its template, but for where the memory is', () => {
    const template = qemuArgs({ ...plan, memory: { kind: 'captured', file: '/t/memory' } });
    const clone = qemuArgs({
      ...plan,
      memory: { kind: 'mapped', descriptor: 3 },
      incoming: true,
    });
    const captured = '-object memory-backend-file,id=memory,size=512M,mem-path=/t/memory,share=on';
    const mapped =
      '-object memory-backend-file,id=memory,size=512M,mem-path=/proc/self/fd/3,share=off';
    expect(lines(template)).toContain(captured);
    expect(lines(clone)).toEqual([
      ...lines(template).map((line) => (line === captured ? mapped : line)),
      '-incoming defer',
    ]);
    expect(lines(clone)).not.toContain(virtioBalloon);
  });

  it('has a card for a network, and none for what woke without', () => {
    const network = { mac: '02:00:00:00:00:07' };
    const netdev = '-netdev user,id=network,ipv6=off';
    expect(lines(qemuArgs({ ...plan, network }))).toEqual(
      expect.arrayContaining([
        netdev,
        '-device virtio-net-pci,netdev=network,mac=02:00:00:00:00:07,romfile=',
      ]),
    );
    expect(lines(qemuArgs({ ...plan, engine: 'full', network }))).toEqual(
      expect.arrayContaining([
        netdev,
        '-device e1000,netdev=network,mac=02:00:00:00:00:07,romfile=',
      ]),
    );
  });

  it('writes a disk that is kept through to the disk of the host', () => {
    expect(qemuArgs(plan).join(' ')).toContain('cache.no-flush=on');
    expect(qemuArgs({ ...plan, keepsDisk: true }).join(' ')).not.toContain('no-flush');
  });

  it('takes the processor model that each accelerator has', () => {
    const cpu = (accelerator: QemuPlan['accelerator']) => {
      const args = qemuArgs({ ...plan, accelerator });
      return args[args.indexOf('-cpu') + 1];
    };
    expect([cpu('kvm'), cpu('hvf'), cpu('whpx'), cpu('tcg')]).toEqual([
      'host',
      'host',
      'max',
      'max',
    ]);
  });

  it('does not let the name of a folder become an option', () => {
    const paths = machinePaths({ dataDir: '/a,readonly=on', runtimeDir: '/r,password=on' }, id);
    const args = qemuArgs({ ...plan, paths }).join(' ');
    expect(args).toContain(`path=/a,,readonly=on/machines/${id}/console.log,append=on`);
    expect(args).toContain(
      '-vnc unix:/r,,password=on/8a7c1a522b1f4b7e/rfb,share=force-shared,lossy=on',
    );
    expect(args).toContain(`file.filename=/a,,readonly=on/machines/${id}/disk.qcow2,discard`);
    // A plain argument, which QEMU does not split.
    expect(args).toContain(`-pidfile /a,readonly=on/machines/${id}/qemu.pid`);
  });
});

/** One line for each option with its value. */
function lines(args: string[]): string[] {
  return args.join(' ').split(/ (?=-[a-z])/);
}
