/* The identification registers at the end of every ARM PrimeCell's 4 KiB. */
#ifndef DEVICES_PRIMECELL_H
#define DEVICES_PRIMECELL_H

#define PRIMECELL_ID(name, at, value)                                                              \
    {                                                                                              \
        name, at, 4, REG_NONE, .reset = value, .read_only = true                                   \
    }

/* Rows for part number `part` (3 hex digits), designer ARM (0x41), with revision `rev` in bits 7:4
 * of PeriphID2. */
#define PRIMECELL_IDS(part, rev)                                                                   \
    PRIMECELL_ID("PeriphID0", 0xfe0, (part)&0xff),                                                 \
        PRIMECELL_ID("PeriphID1", 0xfe4, 0x10 | (part) >> 8),                                      \
        PRIMECELL_ID("PeriphID2", 0xfe8, (rev) << 4 | 4), PRIMECELL_ID("PeriphID3", 0xfec, 0),     \
        PRIMECELL_ID("PCellID0", 0xff0, 0x0d), PRIMECELL_ID("PCellID1", 0xff4, 0xf0),              \
        PRIMECELL_ID("PCellID2", 0xff8, 0x05), PRIMECELL_ID("PCellID3", 0xffc, 0xb1)

#endif
