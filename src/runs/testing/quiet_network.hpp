#pragma once
// A network on which nothing is to be had, for tests that put in what they need.
#include "runs/network.hpp"

namespace ark::runs {

class QuietNetwork : public Network {
public:
    awaitable<Result<agents::Brain>> model(Lookup&, resources::ResourcePtr, Overrides) override {
        co_return fail(Errc::unsupported, "no models here");
    }
    awaitable<Result<agents::CallablePtr>> tool(Lookup&, resources::ResourcePtr, llm::ToolDefinition,
                                                Overrides) override {
        co_return fail(Errc::unsupported, "no tools here");
    }
    awaitable<Result<Peer>> peer(Lookup&, resources::ResourcePtr) override {
        co_return fail(Errc::unsupported, "no peers here");
    }
    runtime::WorkPool& filter_pool() override { return filters_; }
    awaitable<Result<std::shared_ptr<Memory>>> memory(Lookup&, resources::ResourcePtr) override {
        co_return fail(Errc::unsupported, "no memory here");
    }
    std::shared_ptr<Memory> broker_memory() override { return nullptr; }
    const std::string& broker() const override { return broker_; }
    awaitable<Status> forget_events(std::string, std::stop_token) override { co_return ok(); }
    std::unique_ptr<emit::ChunkStream> stream(std::string, std::string_view) override { return nullptr; }

private:
    const std::string broker_;
    runtime::WorkPool filters_{1};
};

}  // namespace ark::runs
