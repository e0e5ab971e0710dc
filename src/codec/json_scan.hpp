#pragma once
#include <cstddef>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ark::codec {

inline constexpr std::size_t json_block = 16;

/// One bit for each of the 16 bytes at `bytes` that cannot stand for itself in a JSON string: quote, backslash,
/// controls.
inline unsigned json_special_mask(const char* bytes) {
#if defined(__SSE2__)
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
    const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    const __m128i last_control = _mm_set1_epi8(0x1f);
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, last_control), v);
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))));
#else
    unsigned mask = 0;
    for (unsigned i = 0; i < json_block; ++i) {
        const auto c = static_cast<unsigned char>(bytes[i]);
        mask |= static_cast<unsigned>(c < 0x20 || c == '"' || c == '\\') << i;
    }
    return mask;
#endif
}

}  // namespace ark::codec
