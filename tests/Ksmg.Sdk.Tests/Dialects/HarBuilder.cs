using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Tests.Dialects;

/// <summary>A recording as a browser saves it: by hand, or of what passes a handler.</summary>
internal sealed class HarBuilder
{
    private readonly JsonArray _entries = [];
    private DateTimeOffset _at = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    private string _host = "https://gw1.example.test";

    /// <summary>A day on a node that speaks as shipped: logged in, looked at.</summary>
    public static HarBuilder Day() => new HarBuilder()
        .Add("GET", "/web/api/get-auth-info", null, """{"data":{}}""")
        .Add(
            "POST", "/web/api/user-login",
            """{"username":"Administrator","password":"Day-Password-1","newPassword":"","confirmPassword":"","useDomainCreds":false}""",
            """{"data":{"success":true}}""")
        .Add(
            "GET",
            "/web/api/get-cluster-nodes",
            null,
            """{"data":{"emergencyMode":false,"nodes":[{"address":"10.0.0.2:9045","role":"secondary","state":"available"}]}}""")
        .Add("GET", "/web/api/get-receive-send-settings?node=10.0.0.2%3A9045", null, """{"data":{"receiving":true,"sending":true}}""");

    /// <summary>Where the calls go that are added from here on.</summary>
    public HarBuilder Host(Uri address)
    {
        _host = address.GetLeftPart(UriPartial.Authority);
        return this;
    }

    public HarBuilder Add(
        string method, string path, string? body, string? answer, int status = 200, string type = "application/json", string? answerType = null,
        params (string Name, string Value)[] headers)
    {
        JsonObject request = new()
        {
            ["method"] = method,
            ["url"] = path.StartsWith("http", StringComparison.Ordinal) ? path : _host + path,
            ["headers"] = Pairs(headers),
            ["cookies"] = new JsonArray(),
        };
        if (body is not null)
        {
            request["postData"] = new JsonObject { ["mimeType"] = type, ["text"] = body };
        }

        Add(request, new JsonObject
        {
            ["status"] = status,
            ["headers"] = new JsonArray(),
            ["content"] = new JsonObject { ["mimeType"] = answerType ?? "application/json", ["text"] = answer ?? string.Empty },
        });
        return this;
    }

    /// <summary>Records what goes through it.</summary>
    public HttpMessageHandler Record(HttpMessageHandler inner) => new Recorder(this, inner);

    public Stream ToStream() => new MemoryStream(Encoding.UTF8.GetBytes(ToString()));

    public override string ToString() => new JsonObject
    {
        ["log"] = new JsonObject { ["version"] = "1.2", ["pages"] = new JsonArray(), ["entries"] = _entries.DeepClone() },
    }.ToJsonString();

    private void Add(JsonObject request, JsonObject response)
    {
        lock (_entries)
        {
            _at += TimeSpan.FromSeconds(1);
            _entries.Add(new JsonObject
            {
                ["startedDateTime"] = _at.ToString("O", CultureInfo.InvariantCulture),
                ["request"] = request,
                ["response"] = response,
            });
        }
    }

    private static JsonArray Pairs(IEnumerable<(string Name, string Value)> pairs) =>
        new([.. pairs.Select(p => (JsonNode)new JsonObject { ["name"] = p.Name, ["value"] = p.Value })]);

    private sealed class Recorder(HarBuilder har, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            JsonObject recorded = new()
            {
                ["method"] = request.Method.Method,
                ["url"] = request.RequestUri!.AbsoluteUri,
                ["headers"] = Pairs(request.Headers.Select(h => (h.Key, string.Join("; ", h.Value)))),
            };
            if (request.Content is { Headers.ContentType: { } type } content)
            {
                bool isForm = type.MediaType == "multipart/form-data";
                await content.LoadIntoBufferAsync(cancellationToken);
                string text = Encoding.Latin1.GetString(await content.ReadAsByteArrayAsync(cancellationToken));
                text = isForm ? WithoutFiles(text) : type.MediaType == "application/json" ? text : string.Empty;
                recorded["postData"] = new JsonObject { ["mimeType"] = type.ToString(), ["text"] = text };
            }

            recorded["bodySize"] = request.Content?.Headers.ContentLength ?? 0;
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            har.Add(recorded, new JsonObject
            {
                ["status"] = (int)response.StatusCode,
                ["headers"] = Pairs(response.Headers.SelectMany(h => h.Value.Select(value => (h.Key, value)))),
                ["content"] = new JsonObject
                {
                    ["mimeType"] = response.Content.Headers.ContentType?.ToString(),
                    ["text"] = Convert.ToBase64String(await response.Content.ReadAsByteArrayAsync(cancellationToken)),
                    ["encoding"] = "base64",
                },
            });
            return response;
        }

        /// <summary>A browser saves a file by its name.</summary>
        private static string WithoutFiles(string form)
        {
            string boundary = form.Split("\r\n")[0];
            IEnumerable<string> parts = form.Split(boundary).Select(
                part => part.Contains("; filename=", StringComparison.Ordinal) ? part.Split("\r\n\r\n")[0] + "\r\n\r\n\r\n" : part);
            return string.Join(boundary, parts);
        }
    }
}
