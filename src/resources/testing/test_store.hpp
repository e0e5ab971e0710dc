#pragma once
// What the tests of this folder share: a store on a disk in memory, and coroutines run to their end.
#include "disk/faulty_disk.hpp"
#include "resources/embedded_store.hpp"
#include "resources/metadata.hpp"

#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace ark::resources {

inline JsonValue json(std::string_view text) {
    auto value = JsonValue::parse(text);
    EXPECT_TRUE(value) << text.substr(0, 200);
    return value ? std::move(*value) : JsonValue{};
}

class TestStore {
public:
    explicit TestStore(EmbeddedStoreConfig config = {}) : config_(std::move(config)) {
        config_.directory = "/data";
        config_.seed = 7;
        open();
    }

    void open() {
        store_.reset();
        auto opened = EmbeddedStore::open(disk, config_, clock);
        ASSERT_TRUE(opened) << opened.error().message();
        store_ = std::move(*opened);
    }
    void close() { store_.reset(); }
    EmbeddedStore& store() { return *store_; }

    template <class T>
    T run(awaitable<T> task) {
        std::optional<T> result;
        auto keep = [](awaitable<T> inner, std::optional<T>& out) -> awaitable<void> {
            out.emplace(co_await std::move(inner));
        };
        asio::co_spawn(context, keep(std::move(task), result), [](std::exception_ptr) {});
        context.restart();
        context.run();
        return std::move(*result);
    }

    Outcome<Written> create(std::string_view kind, std::string_view text, std::string ns = "lab") {
        auto object = json(text);
        return run(store_->create(kind_named(kind), std::move(ns), std::move(object), {}));
    }
    Outcome<Written> update(std::string_view kind, std::string name, JsonValue object, Part part = Part::main) {
        return run(store_->update(kind_named(kind), {"lab", std::move(name)}, part, std::move(object), {}));
    }
    Outcome<Written> merge(std::string_view kind, std::string name, std::string_view text, Part part = Part::main) {
        PatchBody patch{PatchType::merge, json(text)};
        return run(store_->patch(kind_named(kind), {"lab", std::move(name)}, part, std::move(patch), {}));
    }
    Outcome<Written> remove(std::string_view kind, std::string name, DeleteOptions options = {}) {
        return run(store_->remove(kind_named(kind), {"lab", std::move(name)}, std::move(options)));
    }
    ResourcePtr get(std::string_view kind, std::string name, std::string ns = "lab") {
        auto found = run(store_->get(kind_named(kind), {std::move(ns), std::move(name)}));
        return found ? *found : nullptr;
    }
    std::vector<std::string> names(std::string_view kind, ListOptions options = {}) {
        auto page = run(store_->list(kind_named(kind), std::move(options)));
        std::vector<std::string> out;
        for (const auto& item : page->items)
            out.emplace_back(item->name());
        return out;
    }

    disk::FaultyDisk disk{1};
    FakeClock clock;
    asio::io_context context;

private:
    EmbeddedStoreConfig config_;
    std::unique_ptr<EmbeddedStore> store_;
};

/// "why" of a refusal, or "ok".
template <class T>
std::string said(const Outcome<T>& outcome) {
    return outcome ? "ok" : outcome.error().message;
}

}  // namespace ark::resources
