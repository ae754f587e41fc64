using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>Writes down what a page of a browser asks and is answered, as a person's recording has it (HAR 1.2, bodies embedded).</summary>
internal sealed class HarRecorder
{
    private readonly ChromiumPage _page;
    private readonly Lock _gate = new();
    private readonly List<string> _order = [];
    private readonly Dictionary<string, JsonObject> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonArray> _sentHeaders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonArray> _receivedHeaders = new(StringComparer.Ordinal);
    private readonly List<Task> _bodies = [];

    public HarRecorder(Chromium browser, ChromiumPage page)
    {
        _page = page;
        browser.Told = (method, told) =>
        {
            lock (_gate)
            {
                Hear(method, told);
            }
        };
    }

    /// <summary>The recording up to now.</summary>
    public async Task<JsonObject> EndAsync()
    {
        Task[] bodies;
        lock (_gate)
        {
            bodies = [.. _bodies];
        }

        await Task.WhenAll(bodies);
        lock (_gate)
        {
            foreach ((string id, JsonObject entry) in _entries)
            {
                entry["request"]!["headers"] = _sentHeaders.GetValueOrDefault(id, entry["request"]!["headers"]!.AsArray()).DeepClone();
                entry["response"]!["headers"] = _receivedHeaders.GetValueOrDefault(id, entry["response"]!["headers"]!.AsArray()).DeepClone();
            }

            return new JsonObject
            {
                ["log"] = new JsonObject
                {
                    ["version"] = "1.2",
                    ["creator"] = new JsonObject { ["name"] = "Chromium", ["version"] = "DevTools protocol" },
                    ["entries"] = new JsonArray([.. _order.Select(id => _entries[id].DeepClone())]),
                },
            };
        }
    }

    private void Hear(string method, JsonObject told)
    {
        string id = (string?)told["requestId"] ?? string.Empty;
        JsonObject? entry = _entries.GetValueOrDefault(id);
        switch (method)
        {
            case "Network.requestWillBeSent":
                if (_entries.TryAdd(id, Entry(told)))
                {
                    _order.Add(id);
                    _bodies.Add(FormAsync(id, told["request"]!, _entries[id]["request"]!));
                }

                break;
            case "Network.requestWillBeSentExtraInfo":
                _sentHeaders[id] = Pairs(told["headers"]!.AsObject());
                break;
            case "Network.responseReceivedExtraInfo":
                _receivedHeaders[id] = Pairs(told["headers"]!.AsObject());
                break;
            case "Network.responseReceived" when entry is not null:
                JsonNode response = told["response"]!;
                entry["response"] = Response(
                    (int)response["status"]!, (string?)response["statusText"], (string?)response["mimeType"], response["headers"]!.AsObject());
                break;
            case "Network.loadingFinished" when entry is not null:
                _bodies.Add(BodyAsync(id, entry));
                break;
            case "Network.loadingFailed" when entry is not null:
                entry["response"]!["_error"] = told["errorText"]?.DeepClone();
                break;
        }
    }

    /// <summary>A form with a file is told only when it is asked for, and without the bytes of the file.</summary>
    private async Task FormAsync(string id, JsonNode sent, JsonNode request)
    {
        await Task.Yield();
        if ((bool?)sent["hasPostData"] != true || sent["postData"] is not null)
        {
            return;
        }

        try
        {
            JsonObject form = await _page.AskAsync("Network.getRequestPostData", new JsonObject { ["requestId"] = id });
            lock (_gate)
            {
                request["postData"] = PostData(sent["headers"]!, (string)form["postData"]!);
            }
        }
        catch (Exception left) when (left is InvalidOperationException or TimeoutException)
        {
        }
    }

    /// <summary>The body of an answer; a page that has been left keeps none.</summary>
    private async Task BodyAsync(string id, JsonObject entry)
    {
        await Task.Yield();
        try
        {
            JsonObject body = await _page.AskAsync("Network.getResponseBody", new JsonObject { ["requestId"] = id });
            string text = (string)body["body"]!;
            lock (_gate)
            {
                JsonNode content = entry["response"]!["content"]!;
                content["text"] = (bool)body["base64Encoded"]! ? Encoding.UTF8.GetString(Convert.FromBase64String(text)) : text;
                content["size"] = text.Length;
            }
        }
        catch (Exception left) when (left is InvalidOperationException or TimeoutException)
        {
        }
    }

    private static JsonObject Entry(JsonObject told)
    {
        JsonNode sent = told["request"]!;
        Uri url = new((string)sent["url"]!);
        JsonObject request = new()
        {
            ["method"] = (string)sent["method"]!,
            ["url"] = (string)sent["url"]!,
            ["httpVersion"] = "HTTP/1.1",
            ["cookies"] = new JsonArray(),
            ["headers"] = Pairs(sent["headers"]!.AsObject()),
            ["queryString"] = new JsonArray([.. url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split('='))
                .Select(part => Pair(part[0], Uri.UnescapeDataString(part[1])))]),
            ["headersSize"] = -1,
            ["bodySize"] = -1,
        };
        if ((string?)sent["postData"] is { } data)
        {
            request["postData"] = PostData(sent["headers"]!, data);
        }

        DateTimeOffset started = DateTimeOffset.UnixEpoch.AddSeconds((double)told["wallTime"]!);
        return new JsonObject
        {
            ["_resourceType"] = ((string)told["type"]!).ToLowerInvariant(),
            ["startedDateTime"] = started.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
            ["time"] = 0,
            ["request"] = request,
            ["response"] = Response(0, string.Empty, "x-unknown", []),
            ["cache"] = new JsonObject(),
            ["timings"] = new JsonObject { ["send"] = 0, ["wait"] = 0, ["receive"] = 0 },
        };
    }

    private static JsonObject PostData(JsonNode headers, string text) =>
        new() { ["mimeType"] = (string?)headers["Content-Type"] ?? string.Empty, ["text"] = text };

    private static JsonObject Response(int status, string? statusText, string? mimeType, JsonObject headers) => new()
    {
        ["status"] = status,
        ["statusText"] = statusText ?? string.Empty,
        ["httpVersion"] = "HTTP/1.1",
        ["cookies"] = new JsonArray(),
        ["headers"] = Pairs(headers),
        ["content"] = new JsonObject { ["size"] = 0, ["mimeType"] = mimeType ?? string.Empty },
        ["redirectURL"] = string.Empty,
        ["headersSize"] = -1,
        ["bodySize"] = -1,
    };

    private static JsonArray Pairs(JsonObject headers) => new([.. headers.Select(header => Pair(header.Key, (string)header.Value!))]);

    private static JsonObject Pair(string name, string value) => new() { ["name"] = name, ["value"] = value };
}
