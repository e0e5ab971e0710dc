#include "base/check.hpp"
#include "items/items.hpp"
#include "items/records.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using ark::items::Record;

// Any bytes are walked or refused, and what was walked comes back when it is encoded again. The first byte chooses the
// kind.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view payload{reinterpret_cast<const char*>(data) + 1, size - 1};
    ark::model::BatchHeader header;
    header.kind = static_cast<ark::model::BatchKind>(3 + data[0] % 4);
    const ark::model::Batch batch(header, ark::Buffer::copy_of(payload));
    std::vector<std::string> texts;
    std::string conversation, query;
    std::chrono::seconds ttl{0};
    const auto status = ark::items::for_each_item(batch, [&](const ark::items::Item& item) {
        texts.emplace_back(item.record->text);
        conversation = item.record->conversation;
        query = item.record->query;
        ttl = item.record->ttl;
        return true;
    });
    if (!status || header.kind != ark::model::BatchKind::messages || texts.empty()) return 0;
    const auto again = ark::items::encode_messages(conversation, query, ttl, texts);
    std::size_t seen = 0;
    const auto walked = ark::items::for_each_message(again.view(), [&](const Record& record) {
        ARK_CHECK(record.text == texts[seen++] && record.query == query, "message {} changed", seen);
        return true;
    });
    ARK_CHECK(walked.has_value() && seen == texts.size(), "{} of {} messages came back", seen, texts.size());
    return 0;
}
