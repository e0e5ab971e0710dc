#pragma once
#include "base/random.hpp"
#include "journal/embedded.hpp"

#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

/// What the journal's tests share. Not part of the product.
namespace ark::journal::testing {

inline std::shared_ptr<model::Batch> make_batch(std::string payload, std::uint32_t items = 1,
                                                std::string tenant = "default") {
    model::BatchHeader header;
    header.kind = model::BatchKind::traces;
    header.item_count = items;
    header.received = UnixNanos{1'700'000'000'000'000'000};
    header.time_min = UnixNanos{1};
    header.time_max = UnixNanos{2};
    header.tenant = std::move(tenant);
    return std::make_shared<model::Batch>(std::move(header), Buffer::copy_of(payload));
}

/// Bytes that are different for every number, of a length that is, too.
inline std::string payload_of(std::uint64_t number, std::size_t bytes_max = 3000) {
    Random random(number * 7919 + 1);
    std::string out("batch " + std::to_string(number) + ":");
    const auto size = out.size() + random.below(bytes_max);
    while (out.size() < size)
        out.push_back(static_cast<char>(random.next()));
    return out;
}

inline std::future<Result<Receipt>> append(Journal& journal, std::shared_ptr<model::Batch> batch) {
    auto promise = std::make_shared<std::promise<Result<Receipt>>>();
    auto future = promise->get_future();
    journal.append(std::move(batch), [promise](Result<Receipt> receipt) { promise->set_value(std::move(receipt)); });
    return future;
}

/// Every payload from an offset to the end; the error's text as the last entry when reading failed.
inline std::vector<std::string> read_all(Journal& journal, Offset from) {
    std::vector<std::string> out;
    const auto reader = journal.reader(from);
    for (;;) {
        auto batch = reader->next();
        if (!batch) {
            out.push_back("error " + batch.error().message());
            return out;
        }
        if (!*batch) return out;
        out.emplace_back((*batch)->payload());
    }
}

inline EmbeddedConfig small_config(std::string directory = "j") {
    EmbeddedConfig config;
    config.directory = std::move(directory);
    config.segment_bytes = 128 << 10;
    config.group_bytes_max = 32 << 10;
    config.tail_bytes_max = 16 << 10;
    return config;
}

}  // namespace ark::journal::testing
