#pragma once
#include "query/call.hpp"

/// The read functions behind the routes (routes.cpp has the table). All run on the work pool.
namespace ark::query {

Outcome<Body> list_events(const Call& call);
Outcome<Body> list_spans(const Call& call);
Outcome<Body> one_event(const Call& call);
Outcome<Body> one_span(const Call& call);

Outcome<Body> list_traces(const Call& call);
Outcome<Body> list_queries(const Call& call);
Outcome<Body> list_sessions(const Call& call);
Outcome<Body> one_trace(const Call& call);
Outcome<Body> one_query(const Call& call);
Outcome<Body> one_session(const Call& call);

Outcome<Body> session_timeline(const Call& call);
Outcome<Body> session_skeleton(const Call& call);
Outcome<Body> session_messages(const Call& call);
Outcome<Body> facets(const Call& call);

Outcome<Body> status(const Call& call);
Outcome<Body> meta(const Call& call);

/// {"items":[…],"nextCursor":…,"watchCursor":…}: the frame around every list.
class ListBody {
public:
    ListBody() : json_(body_.text) { json_.begin_object().key("items").begin_array(); }
    codec::JsonWriter& items() { return json_; }
    /// Ends the items. `next` empty: this was the last page.
    codec::JsonWriter& end_items(const std::string& next_token, const Cursor& watch);
    Body take();

private:
    Body body_;
    codec::JsonWriter json_;
};

}  // namespace ark::query
