/**
 * A boot sector that does, in half a kilobyte, what operating systems do first and broken hardware
 * virtualization fails at: it enters long mode, touches 208 MiB of fresh memory, and counts ten
 * timer interrupts. After each it writes a letter to port 0xE9 (QEMU's isa-debugcon); at the end it
 * ends QEMU through port 0xF4 (isa-debug-exit).
 *
 * Machine code, loaded at 0x7C00 by the firmware; the assembly (AT&T) stands beside it.
 */
const listing = `
  fa                      ; cli
  66 31 c0                ; xor %eax,%eax
  8e d8                   ; mov %ax,%ds
  8e c0                   ; mov %ax,%es
  8e d0                   ; mov %ax,%ss
  bc 00 7c                ; mov $0x7c00,%sp
  e4 92                   ; in $0x92,%al            address line 20
  0c 02                   ; or $0x2,%al
  e6 92                   ; out %al,$0x92
                          ; page tables at 0x1000: 1 GiB one to one, in pages of 2 MiB
  bf 00 10                ; mov $0x1000,%di
  66 31 c0                ; xor %eax,%eax
  b9 00 14                ; mov $0x1400,%cx
  fc                      ; cld
  66 f3 ab                ; rep stos %eax,%es:(%di)
  c7 06 00 10 03 20       ; movw $0x2003,0x1000
  c7 06 00 20 03 30       ; movw $0x3003,0x2000
  bf 00 30                ; mov $0x3000,%di
  66 b8 83 00 00 00       ; mov $0x83,%eax
  66 89 05                ; fill: mov %eax,(%di)
  66 05 00 00 20 00       ; add $0x200000,%eax
  83 c7 08                ; add $0x8,%di
  81 ff 00 40             ; cmp $0x4000,%di
  72 ee                   ; jb fill
  66 b8 00 10 00 00       ; mov $0x1000,%eax
  0f 22 d8                ; mov %eax,%cr3
  66 b8 20 00 00 00       ; mov $0x20,%eax
  0f 22 e0                ; mov %eax,%cr4           physical address extension
  66 b9 80 00 00 c0       ; mov $0xc0000080,%ecx
  0f 32                   ; rdmsr
  66 0d 00 01 00 00       ; or $0x100,%eax
  0f 30                   ; wrmsr                   long mode enable
  66 0f 01 16 0a 7d       ; lgdtl gdtr
  66 b8 01 00 00 80       ; mov $0x80000001,%eax
  0f 22 c0                ; mov %eax,%cr0           protection and paging
  ea 7d 7c 08 00          ; ljmp $0x8,$long
  b0 4c                   ; long: mov $'L',%al
  e6 e9                   ; out %al,$0xe9
                          ; one write to each page from 16 to 224 MiB
  bf 00 00 00 01          ; mov $0x1000000,%edi
  89 3f                   ; touch: mov %edi,(%rdi)
  81 c7 00 10 00 00       ; add $0x1000,%edi
  81 ff 00 00 00 0e       ; cmp $0xe000000,%edi
  72 f0                   ; jb touch
  b0 4d                   ; mov $'M',%al
  e6 e9                   ; out %al,$0xe9
                          ; interrupt gate 0x20 of the table at 0x5000
  bf 00 52 00 00          ; mov $0x5200,%edi
  66 c7 07 f2 7c          ; movw $tick,(%rdi)
  66 c7 47 02 08 00       ; movw $0x8,0x2(%rdi)
  c7 47 04 00 8e 00 00    ; movl $0x8e00,0x4(%rdi)
  c7 47 08 00 00 00 00    ; movl $0x0,0x8(%rdi)
  0f 01 1c 25 10 7d 00 00 ; lidt idtr
                          ; interrupt controller: timer only, at 0x20
  b0 11                   ; mov $0x11,%al
  e6 20                   ; out %al,$0x20
  b0 20                   ; mov $0x20,%al
  e6 21                   ; out %al,$0x21
  b0 04                   ; mov $0x4,%al
  e6 21                   ; out %al,$0x21
  b0 01                   ; mov $0x1,%al
  e6 21                   ; out %al,$0x21
  b0 fe                   ; mov $0xfe,%al
  e6 21                   ; out %al,$0x21
                          ; timer at 100 Hz
  b0 34                   ; mov $0x34,%al
  e6 43                   ; out %al,$0x43
  b0 9c                   ; mov $0x9c,%al
  e6 40                   ; out %al,$0x40
  b0 2e                   ; mov $0x2e,%al
  e6 40                   ; out %al,$0x40
  31 db                   ; xor %ebx,%ebx
  fb                      ; sti
  f4                      ; wait: hlt
  83 fb 0a                ; cmp $0xa,%ebx
  72 fa                   ; jb wait
  b0 54                   ; mov $'T',%al
  e6 e9                   ; out %al,$0xe9
  e6 f4                   ; out %al,$0xf4
  f4                      ; halt: hlt
  eb fd                   ; jmp halt
  ff c3                   ; tick: inc %ebx
  b0 20                   ; mov $0x20,%al
  e6 20                   ; out %al,$0x20
  48 cf                   ; iretq
  00 00 00 00 00 00 00 00 ; gdt: none
  00 00 00 00 00 9a 20 00 ; 64-bit code
  0f 00 fa 7c 00 00       ; gdtr: limit, address
  0f 02 00 50 00 00       ; idtr: limit, address
  00 00 00 00
`;

/** Letters that the guest writes, in order, and what each proves. */
export const probeStages = [
  { letter: 'L', proves: 'long mode' },
  { letter: 'M', proves: 'memory' },
  { letter: 'T', proves: 'timer interrupts' },
] as const;

/** QEMU's exit status after isa-debug-exit: what the guest wrote ('T'), shifted, and one. */
export const probeExitCode = ('T'.charCodeAt(0) << 1) | 1;

const sectorSize = 512;
const bootSignature = [0x55, 0xaa];

export function probeSector(): Buffer {
  const code = listing
    .split('\n')
    .flatMap((line) => (line.split(';')[0] ?? '').split(' '))
    .filter((byte) => byte !== '')
    .map((byte) => Number.parseInt(byte, 16));
  const sector = Buffer.alloc(sectorSize);
  sector.set(code);
  sector.set(bootSignature, sectorSize - bootSignature.length);
  return sector;
}
