// Takes the place of decode_mcu_fast in libjpeg-turbo's jdhuff.c, into which the build includes it: a table tells
// of a code and the number after it at once, and four bytes are read at a time.
#define FAST_BITS 9
_Static_assert(sizeof(((d_derived_tbl *)0)->fast) == sizeof(int) << FAST_BITS, "the build adds the table");

// An entry of d_derived_tbl's `fast`, by the next FAST_BITS bits, of which a code is the first:
//   zeros before the number << 24 | bits of the number << 16 | bits of the code << 8 | bits of both
// and 0 where the code is longer than FAST_BITS.
static void fill_fast_table(d_derived_tbl *table) {
  for (int bits = 0; bits < 1 << FAST_BITS; bits++) {
    int length = 1;
    while (length <= FAST_BITS && (bits >> (FAST_BITS - length)) > table->maxcode[length]) length++;
    table->fast[bits] = 0;
    if (length > FAST_BITS) continue;
    unsigned symbol = table->pub->huffval[((bits >> (FAST_BITS - length)) + table->valoffset[length]) & 0xFF];
    unsigned size = symbol & 15;
    table->fast[bits] = (int)(symbol >> 4 << 24 | size << 16 | (unsigned)length << 8 | ((unsigned)length + size));
  }
}

// The next bits are at the top of `bits`; `count` of them are there.
typedef struct {
  unsigned long long bits;
  int count;
  const JOCTET *next;
  int marker;
} BitReader;

static INLINE void refill(BitReader *reader) {
  if (reader->count >= 32) return; // the longest code and number together have 31
  unsigned int four;
  __builtin_memcpy(&four, reader->next, 4);
  if (!((~four - 0x01010101u) & four & 0x80808080u)) { // no byte of 0xFF
    reader->bits |= (unsigned long long)__builtin_bswap32(four) << (32 - reader->count);
    reader->count += 32;
    reader->next += 4;
    return;
  }
  while (reader->count <= 56) {
    unsigned int byte = *reader->next;
    if (byte == 0xFF && reader->next[1] != 0) {
      reader->marker = reader->next[1];
      byte = 0; // and stay there
    } else {
      reader->next += byte == 0xFF ? 2 : 1;
    }
    reader->bits |= (unsigned long long)byte << (56 - reader->count);
    reader->count += 8;
  }
}

static INLINE void drop(BitReader *reader, int count) {
  reader->bits <<= count;
  reader->count -= count;
}

// A number of `size` > 0 bits at the top of `bits`: those that begin with 0 are negative.
static INLINE int number_of(unsigned long long bits, int size) {
  int negative = (int)(bits >> 63) - 1;
  return (int)(bits >> (64 - size)) + (negative & (1 - (1 << size)));
}

// An entry for a code that is longer than FAST_BITS.
static int long_entry(unsigned long long bits, const d_derived_tbl *table) {
  int length = FAST_BITS + 1;
  while ((long)(bits >> (64 - length)) > table->maxcode[length]) length++;
  if (length > 16) return 17 << 8 | 17; // no such code: the library takes 17 bits for a zero
  unsigned symbol = table->pub->huffval[((int)(bits >> (64 - length)) + table->valoffset[length]) & 0xFF];
  unsigned size = symbol & 15;
  return (int)(symbol >> 4 << 24 | size << 16 | (unsigned)length << 8 | ((unsigned)length + size));
}

static INLINE int entry_of(unsigned long long bits, const d_derived_tbl *table) {
  int entry = table->fast[bits >> (64 - FAST_BITS)];
  return __builtin_expect(entry == 0, 0) ? long_entry(bits, table) : entry;
}

LOCAL(boolean)
decode_mcu_fast(j_decompress_ptr cinfo, JBLOCKROW *MCU_data) {
  huff_entropy_ptr entropy = (huff_entropy_ptr)cinfo->entropy;
  int held = entropy->bitstate.bits_left;
  BitReader reader = {held ? entropy->bitstate.get_buffer << (64 - held) : 0, held, cinfo->src->next_input_byte, 0};
  savable_state state = entropy->saved;
  for (int number = 0; number < cinfo->blocks_in_MCU; number++) {
    JCOEF *block = MCU_data ? *MCU_data[number] : NULL;
    const d_derived_tbl *means = entropy->dc_cur_tbls[number], *others = entropy->ac_cur_tbls[number];
    refill(&reader);
    int entry = entry_of(reader.bits, means), size = entry >> 16 & 15;
    int change = size ? number_of(reader.bits << (entry >> 8 & 255), size) : 0;
    drop(&reader, entry & 255);
    if (entropy->dc_needed[number]) {
      int component = cinfo->MCU_membership[number];
      int mean = (int)((unsigned)state.last_dc_val[component] + (unsigned)change);
      state.last_dc_val[component] = mean;
      if (block) block[0] = (JCOEF)mean;
    }
    JCOEF unwanted[DCTSIZE2 + 16];
    if (!block || !entropy->ac_needed[number]) block = unwanted;
    for (int k = 1; k < DCTSIZE2; k++) {
      refill(&reader);
      entry = entry_of(reader.bits, others);
      size = entry >> 16 & 15;
      int zeros = (int)((unsigned)entry >> 24);
      unsigned long long number_bits = reader.bits << (entry >> 8 & 255);
      drop(&reader, entry & 255);
      if (__builtin_expect(size == 0, 0)) {
        if (zeros != 15) break;
        k += 15;
        continue;
      }
      k += zeros;
      block[jpeg_natural_order[k]] = (JCOEF)number_of(number_bits, size);
    }
  }
  if (reader.marker) return FALSE; // the data ends in this unit: the careful version decodes it again
  cinfo->src->bytes_in_buffer -= (size_t)(reader.next - cinfo->src->next_input_byte);
  cinfo->src->next_input_byte = reader.next;
  entropy->bitstate.get_buffer = reader.count ? reader.bits >> (64 - reader.count) : 0;
  entropy->bitstate.bits_left = reader.count;
  entropy->saved = state;
  return TRUE;
}
