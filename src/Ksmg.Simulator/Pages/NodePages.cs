using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Simulator;

/// <summary>
/// The pages of a node for people: plain HTML and a script that speaks only the node's own calls, in the shape that the node speaks.
/// </summary>
internal static class NodePages
{
    // Nothing from elsewhere, nothing inline, no frame around it.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly Dictionary<string, (string Type, Func<bool, string> Text)> Files = new(StringComparer.Ordinal)
    {
        ["/"] = ("text/html", _ => Resource.Text("Pages/index.html")),
        ["/pages/pages.css"] = ("text/css", _ => Resource.Text("Pages/pages.css")),
        ["/pages/pages.js"] = ("text/javascript", _ => Resource.Text("Pages/pages.js")),
        ["/pages/node.js"] = ("text/javascript", _ => Resource.Text("Pages/node.js")),
        ["/pages/shape.js"] = ("text/javascript", foreign => $"export const shape = {(foreign ? Foreign() : Own()).ToJsonString()};\n"),
    };

    /// <summary>What stands at a path, if anything does.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="foreign">Whether the node speaks the foreign shape.</param>
    public static (string ContentType, string Text)? Find(HttpRequest request, bool foreign) =>
        request.Method == "GET" && Files.TryGetValue(request.Path.Value ?? string.Empty, out (string Type, Func<bool, string> Text) file)
            ? (file.Type + "; charset=utf-8", file.Text(foreign))
            : null;

    /// <summary>The headers that keep a page what it is.</summary>
    public static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
    }

    private static JsonObject Own() => new()
    {
        ["answer"] = new JsonObject { ["data"] = "data", ["refusal"] = "error", ["code"] = "code", ["message"] = "message" },
        ["routes"] = Routes(NodeFront.Operations),
        ["names"] = new JsonObject(),
        ["words"] = new JsonObject(),
        ["times"] = new JsonArray(),
    };

    /// <summary>The observed calls are the same in every shape.</summary>
    private static JsonObject Foreign()
    {
        JsonObject shape = JsonNode.Parse(Resource.Text("Https/foreign.json"))!.AsObject();
        foreach ((string operation, JsonNode? route) in Routes(NodeFront.Observed))
        {
            route!["observed"] = true;
            shape["routes"]![operation] = route.DeepClone();
        }

        return shape;
    }

    private static JsonObject Routes(IEnumerable<string> operations)
    {
        var routes = new JsonObject();
        foreach (string operation in operations)
        {
            (string verb, string method) = NodeFront.CallOf(operation);
            routes[operation] = new JsonObject { ["method"] = method, ["path"] = NodeFront.ApiPath + verb };
        }

        return routes;
    }
}
