// Takes the place of decode_mcu_fast in libjpeg-turbo's jdhuff.c, into which the build includes it: a table finds a
// code together with the number that follows it, and four bytes are read at a time.
#define FAST_BITS 9
_Static_assert(sizeof(((d_derived_tbl *)0)->fast) == sizeof(int) << FAST_BITS, "the build adds the table");

// An entry of d_derived_tbl's `fast`, by the next FAST_BITS bits:
//   number != 0:  number << 16 | zeros before it << 8 | bits of both code and number
//   number == 0:  symbol << 8 | bits of the code: what follows did not fit, or is none
//   0:            the code is longer than FAST_BITS
static void fill_fast_table(d_derived_tbl *table) {
  for (int bits = 0; bits < 1 << FAST_BITS; bits++) {
    int length = 1;
    while (length <= FAST_BITS && (bits >> (FAST_BITS - length)) > table->maxcode[length]) length++;
    table->fast[bits] = 0;
    if (length > FAST_BITS) continue;
    int symbol = table->pub->huffval[((bits >> (FAST_BITS - length)) + table->valoffset[length]) & 0xFF];
    int size = symbol & 15;
    table->fast[bits] = symbol << 8 | length;
    if (size == 0 || length + size > FAST_BITS) continue;
    int number = (bits >> (FAST_BITS - length - size)) & ((1 << size) - 1);
    if (number < 1 << (size - 1)) number += 1 - (1 << size);
    table->fast[bits] = (int)((unsigned)number << 16 | (unsigned)(symbol >> 4) << 8 | (unsigned)(length + size));
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

static INLINE int long_symbol(BitReader *reader, const d_derived_tbl *table) {
  int length = FAST_BITS + 1;
  while ((long)(reader->bits >> (64 - length)) > table->maxcode[length]) length++;
  int code = (int)(reader->bits >> (64 - length));
  if (length > 16) { // no such code
    drop(reader, 16);
    return 0;
  }
  drop(reader, length);
  return table->pub->huffval[(code + table->valoffset[length]) & 0xFF];
}

static INLINE int number_of(BitReader *reader, int size) {
  if (size == 0) return 0;
  int number = (int)(reader->bits >> (64 - size));
  drop(reader, size);
  return number < 1 << (size - 1) ? number + 1 - (1 << size) : number;
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
    int entry = means->fast[reader.bits >> (64 - FAST_BITS)], change;
    if (entry >> 16) {
      drop(&reader, entry & 255);
      change = entry >> 16;
    } else {
      int symbol = entry >> 8;
      if (entry) drop(&reader, entry & 255);
      else symbol = long_symbol(&reader, means);
      change = number_of(&reader, symbol & 15);
    }
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
      entry = others->fast[reader.bits >> (64 - FAST_BITS)];
      if (entry >> 16) {
        drop(&reader, entry & 255);
        k += (entry >> 8) & 255;
        block[jpeg_natural_order[k]] = (JCOEF)(entry >> 16);
        continue;
      }
      int symbol = entry >> 8;
      if (entry) drop(&reader, entry & 255);
      else symbol = long_symbol(&reader, others);
      if (symbol & 15) {
        k += symbol >> 4;
        block[jpeg_natural_order[k]] = (JCOEF)number_of(&reader, symbol & 15);
      } else {
        if (symbol != 0xF0) break;
        k += 15;
      }
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
