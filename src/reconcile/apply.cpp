#include "reconcile/apply.hpp"

#include <set>

#include <fmt/format.h>

namespace ark::reconcile {
namespace {

constexpr const char* manager = "ark-controller";

awaitable<Status> apply_one(resources::ResourceStore& store, resources::ResourcePtr server, const resources::Kind& kind,
                            Made made) {
    const std::string ns(server->ns());
    resources::ObjectName name{ns, made.name};
    const auto there = co_await store.get(kind, std::move(name));
    if (there && !is_owned_by(**there, *server)) {
        co_return fail(Errc::conflict, "there is one already that does not come from this server");
    }
    resources::ObjectName target{ns, made.name};
    resources::PatchBody patch;
    patch.type = resources::PatchType::apply;
    patch.body = std::move(made.object);
    resources::WriteOptions options;
    options.manager = manager;
    options.force = true;
    const auto applied =
        co_await store.patch(kind, std::move(target), resources::Part::main, std::move(patch), std::move(options));
    if (!applied) co_return applied.error().error();
    co_return ok();
}

}  // namespace

awaitable<std::vector<std::string>> apply_made(resources::ResourceStore& store, resources::ResourcePtr server,
                                               const resources::Kind& kind, std::vector<Made> made) {
    std::vector<std::string> problems;
    std::set<std::string> names;
    for (auto& one : made) {
        names.insert(one.name);
        const auto what = fmt::format("{} {}", kind.name, one.name);
        const auto applied = co_await apply_one(store, server, kind, std::move(one));
        if (!applied) problems.push_back(fmt::format("{}: {}", what, applied.error().message()));
    }
    resources::ListOptions list;
    list.ns = server->ns();
    auto labels = resources::LabelSelector::parse(
        fmt::format("{}={}", server_label(*server->kind), resource_name(server->name(), 63)));
    if (labels) list.selection.labels = std::move(*labels);
    const auto there = co_await store.list(kind, std::move(list));
    if (!there) co_return problems;
    for (const auto& resource : there->items) {
        if (names.count(std::string(resource->name())) > 0 || !is_owned_by(*resource, *server)) continue;
        resources::ObjectName name{std::string(resource->ns()), std::string(resource->name())};
        resources::DeleteOptions options;
        options.uid = resource->uid();
        const auto removed = co_await store.remove(kind, std::move(name), std::move(options));
        if (!removed) problems.push_back(removed.error().message);
    }
    co_return problems;
}

}  // namespace ark::reconcile
