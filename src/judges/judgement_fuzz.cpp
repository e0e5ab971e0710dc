// Whatever a model says is read as a judgement with scores from 0 to 1, or refused.
#include "base/check.hpp"
#include "judges/judgement.hpp"
#include "judges/subject.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto judgement = ark::judges::parse_judgement(text)) {
        ARK_CHECK(judgement->score >= 0 && judgement->score <= 1, "a score outside of 0 to 1");
        for (const auto& [name, score] : judgement->criteria)
            ARK_CHECK(!name.empty() && score >= 0 && score <= 1, "a criterion outside of 0 to 1");
    }
    if (const auto examples = ark::judges::read_examples(text)) {
        ARK_CHECK(!examples->empty() && examples->size() <= ark::judges::examples_max, "no bound on examples");
    }
    ARK_CHECK(!ark::judges::criteria_of(text).empty(), "a judge without criteria");
    return 0;
}
