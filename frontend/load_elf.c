#include "frontend/load.h"

#include "frontend/load_bytes.h"

#include <elf.h>
#include <stddef.h>

static const struct {
    uint16_t number;
    const char *name;
} machine_names[] = {
    {EM_SPARC, "SPARC"}, {EM_386, "x86"},         {EM_68K, "m68k"},        {EM_MIPS, "MIPS"},
    {EM_PPC, "PowerPC"}, {EM_PPC64, "PowerPC64"}, {EM_S390, "S/390"},      {EM_ARM, "ARM"},
    {EM_SH, "SuperH"},   {EM_X86_64, "x86-64"},   {EM_AARCH64, "AArch64"}, {EM_RISCV, "RISC-V"},
};

const char *load_elf_machine_name(uint16_t elf_machine)
{
    for (size_t i = 0; i < sizeof(machine_names) / sizeof(machine_names[0]); i++) {
        if (machine_names[i].number == elf_machine) {
            return machine_names[i].name;
        }
    }
    return "an unknown CPU";
}

/* ELF32 of either endianness, after the System V ABI, chapters 4 and 5. */
static uint32_t word(const struct kernel_image *image, const uint8_t *bytes)
{
    return load_word(bytes, image->big_endian);
}

static uint16_t half(const struct kernel_image *image, const uint8_t *bytes)
{
    return load_half(bytes, image->big_endian);
}

static bool add_segment(const struct machine_blob *blob, const uint8_t *program,
                        struct kernel_image *image, uint64_t virtual_entry, struct message *message)
{
    uint64_t offset = word(image, program + offsetof(Elf32_Phdr, p_offset));
    uint64_t virtual = word(image, program + offsetof(Elf32_Phdr, p_vaddr));
    struct kernel_segment segment = {
        .address = word(image, program + offsetof(Elf32_Phdr, p_paddr)),
        .data = blob->data + offset,
        .file_size = word(image, program + offsetof(Elf32_Phdr, p_filesz)),
        .memory_size = word(image, program + offsetof(Elf32_Phdr, p_memsz)),
    };
    if (!segment.memory_size) {
        return true;
    }
    if (offset + segment.file_size > blob->size) {
        return message_image(message,
                             "%s is cut off: a segment of this ELF file lies beyond its end. Try: "
                             "get the file again",
                             blob->name);
    }
    if (segment.file_size > segment.memory_size ||
        segment.address + segment.memory_size > UINT64_C(1) << 32) {
        return message_image(message, "%s is damaged: the sizes in its ELF headers make no sense",
                             blob->name);
    }
    if (image->segment_count == sizeof(image->segments) / sizeof(image->segments[0])) {
        return message_image(message, "%s has too many segments to load", blob->name);
    }
    /* The entry is a virtual address, and a CPU starts without translation. */
    if (virtual_entry >= virtual && virtual_entry - virtual < segment.memory_size) {
        image->entry = segment.address + (virtual_entry - virtual);
    }
    image->segments[image->segment_count++] = segment;
    return true;
}

bool load_elf(const struct machine_blob *blob, uint16_t elf_machine, struct kernel_image *image,
              struct message *message)
{
    const uint8_t *header = blob->data;
    if (blob->size < sizeof(Elf32_Ehdr)) {
        return message_image(message, "%s is cut off: its ELF header is not whole", blob->name);
    }
    *image = (struct kernel_image){
        .kind = KERNEL_ELF,
        .big_endian = header[EI_DATA] == ELFDATA2MSB,
    };
    image->elf_machine = half(image, header + offsetof(Elf32_Ehdr, e_machine));
    if (elf_machine && image->elf_machine != elf_machine) {
        return message_image(message, "%s is for %s; this machine's CPU is %s", blob->name,
                             load_elf_machine_name(image->elf_machine),
                             load_elf_machine_name(elf_machine));
    }
    if (header[EI_CLASS] != ELFCLASS32) {
        return message_image(message, "%s is a 64-bit ELF file; this machine's CPU has 32 bits",
                             blob->name);
    }
    uint16_t type = half(image, header + offsetof(Elf32_Ehdr, e_type));
    if (type != ET_EXEC && type != ET_DYN) {
        return message_image(message,
                             "%s is an ELF file but no program (an object file or a core dump?)",
                             blob->name);
    }
    uint64_t table = word(image, header + offsetof(Elf32_Ehdr, e_phoff));
    uint64_t step = half(image, header + offsetof(Elf32_Ehdr, e_phentsize));
    uint64_t count = half(image, header + offsetof(Elf32_Ehdr, e_phnum));
    if (step < sizeof(Elf32_Phdr) || table + step * count > blob->size) {
        return message_image(
            message, "%s is cut off or damaged: its ELF program headers are not whole", blob->name);
    }
    uint64_t entry = word(image, header + offsetof(Elf32_Ehdr, e_entry));
    image->entry = entry;
    uint64_t low = UINT64_MAX, high = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *program = header + table + i * step;
        if (word(image, program + offsetof(Elf32_Phdr, p_type)) == PT_LOAD &&
            !add_segment(blob, program, image, entry, message)) {
            return false;
        }
    }
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct kernel_segment *segment = &image->segments[i];
        low = segment->address < low ? segment->address : low;
        uint64_t end = segment->address + segment->memory_size;
        high = end > high ? end : high;
    }
    if (!image->segment_count) {
        return message_image(message, "%s is an ELF file with nothing to load in it", blob->name);
    }
    image->size_in_memory = high - low;
    return true;
}
