using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// A node to which updates go another way: a form of two fields, a type of its own, ids that the node gives and writes as numbers, and a job
/// whose number the start tells and the status is asked with. Everything else is as shipped. Only what <c>docs/dialects.md</c> says is known
/// here.
/// </summary>
internal sealed class UploadFront(HttpMessageHandler node, UploadFrontState? state = null) : DelegatingHandler(node)
{
    public const string Dialect = """
        { "schema": 2,
          "operations": {
            "upload-update": [ { "path": "/web/api/import", "form": { "title": "{fileName}", "archive": "{file}" }, "partType": "application/x-ktgz",
              "upload": { "id": "answer" } } ],
            "list-updates": [ { "path": "/web/api/imports" } ],
            "delete-update": [ { "method": "DELETE", "path": "/web/api/imports/{id}" } ],
            "start-update": [ { "path": "/web/api/install", "body": { "import": "{id}" }, "keep": { "job": "data.job" } } ],
            "get-update-status": [ { "path": "/web/api/job", "query": { "number": "{job}" } } ] } }
        """;

    /// <summary>The same in pieces, between a call before and a call after them.</summary>
    public static string InPieces { get; } = With(
        """
        "method": "PUT", "path": "/web/api/pieces/{ticket}/{number}", "query": { "from": "{offset}", "of": "{count}", "bytes": "{pieceBytes}" }, "content": "{file}",
        "success": "data.ok", "upload": { "id": "answer", "pieceBytes": 20000,
          "begin": { "path": "/web/api/pieces", "body": { "name": "{fileName}", "size": "{sizeBytes}" }, "keep": { "ticket": "data.ticket" } },
          "commit": { "path": "/web/api/pieces/{ticket}/commit" } }
        """);

    /// <summary>The same in pieces that the answer to the first one ties.</summary>
    public static string InTiedPieces { get; } = With(
        """
        "path": "/web/api/tied", "form": { "name": "{fileName}", "size": "{sizeBytes}", "ticket": "{ticket}", "at": "{offset}", "n": "{index}", "blob": "{file}" },
        "answer": "data", "keep": { "ticket": "data.ticket" }, "upload": { "id": "answer", "pieceBytes": 20000 }
        """);

    /// <summary>Uploading installs, and no call starts anything.</summary>
    public static string Installing { get; } = """
        { "schema": 2,
          "operations": {
            "upload-update": [ { "path": "/web/api/apply", "query": { "name": "{fileName}" }, "content": "{file}", "upload": { "install": "with-upload" } } ],
            "start-update": [ { "missing": true } ],
            "list-updates": [ { "path": "/web/api/imports" } ],
            "delete-update": [ { "method": "DELETE", "path": "/web/api/imports/{id}" } ],
            "get-update-status": [ { "path": "/web/api/job", "query": { "number": "41" } } ] } }
        """;

    private const int FirstJob = 40;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string path = request.RequestUri!.AbsolutePath;
        switch (request.Method.Method, path)
        {
            case ("POST", "/web/api/import"):
                MultipartFormDataContent form = await ReadFormAsync(request.Content!, cancellationToken);
                return WithNumbers(await PassAsync(HttpMethod.Post, $"upload-update-package?uploadId=front-{Guid.NewGuid():N}", form));
            case ("GET", "/web/api/imports"):
                return Changed(WithNumbers(await PassAsync(HttpMethod.Get, "list-update-packages", null)), data => state?.List(data["packages"]!.AsArray()));
            case ("DELETE", _) when state?.Delete(path.Split('/')[^1]) == true:
                return Answer(new JsonObject { ["success"] = true });
            case ("DELETE", _) when !long.TryParse(path.Split('/')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out long _):
                // Nobody was told such an id by this node.
                return new HttpResponseMessage(HttpStatusCode.UnprocessableContent);
            case ("DELETE", _):
                return await PassAsync(HttpMethod.Post, "delete-update-package", Json(new JsonObject { ["id"] = path.Split('/')[^1] }));
            case ("POST", "/web/api/install"):
                JsonNode? id = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!["import"];
                if (id?.GetValueKind() != System.Text.Json.JsonValueKind.Number)
                {
                    return new HttpResponseMessage(HttpStatusCode.UnprocessableContent);
                }

                HttpResponseMessage started = await PassAsync(HttpMethod.Post, "start-update", Json(new JsonObject { ["id"] = id.ToJsonString() }));
                return Changed(started, data => data["job"] = FirstJob + (int)id);
            case ("GET", "/web/api/job"):
                return request.RequestUri.Query.StartsWith("?number=4", StringComparison.Ordinal)
                    ? WithNumbers(await PassAsync(HttpMethod.Get, "get-update-status", null))
                    : new HttpResponseMessage(HttpStatusCode.UnprocessableContent);
            case ("POST", "/web/api/pieces"):
                JsonNode begun = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
                return Answer(new JsonObject { ["ticket"] = state!.Begin((string)begun["name"]!, (long)begun["size"]!) });
            case ("PUT", _):
                string[] place = path.Split('/');
                System.Collections.Specialized.NameValueCollection query = System.Web.HttpUtility.ParseQueryString(request.RequestUri.Query);
                byte[] piece = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
                Assert.Equal(("4", piece.Length.ToString(CultureInfo.InvariantCulture)), (query["of"], query["bytes"]));
                await state!.TakeAsync(place[^2], Number(place[^1]) - 1, Number(query["from"]!), piece);
                return Answer(new JsonObject { ["ok"] = true });
            case ("POST", "/web/api/tied"):
                Dictionary<string, byte[]> fields = await ReadFieldsAsync(request.Content!, cancellationToken);
                string name = Text(fields["name"]);
                long size = long.Parse(Text(fields["size"]), CultureInfo.InvariantCulture);
                string tie = fields.TryGetValue("ticket", out byte[]? told) ? Text(told) : state!.Begin(name, size);
                Assert.Equal(Text(fields["n"]) == "0", told is null);
                await state!.TakeAsync(tie, Number(Text(fields["n"])), Number(Text(fields["at"])), fields["blob"]);
                return state.IsWhole(tie) ? await StoreAsync(tie) : Answer(new JsonObject { ["ticket"] = told is null ? tie : null });
            case ("POST", "/web/api/apply"):
                string package = Uri.UnescapeDataString(request.RequestUri.Query.Split('=')[1]);
                await state!.Before(0);
                MultipartFormDataContent whole = Form(package, await request.Content!.ReadAsByteArrayAsync(cancellationToken));
                HttpResponseMessage stored = await PassAsync(HttpMethod.Post, $"upload-update-package?uploadId=front-{Guid.NewGuid():N}", whole);
                string stand = (string)JsonNode.Parse(await stored.Content.ReadAsStringAsync(cancellationToken))!["data"]!["id"]!;
                HttpResponseMessage applied = await PassAsync(HttpMethod.Post, "start-update", Json(new JsonObject { ["id"] = stand }));
                await state.After(0);
                return applied;
            case ("POST", _) when path.EndsWith("/commit", StringComparison.Ordinal):
                return await StoreAsync(path.Split('/')[^2]);
            case (_, "/web/api/upload-update-package" or "/web/api/list-update-packages" or "/web/api/start-update" or "/web/api/get-update-status"):
                return new HttpResponseMessage(HttpStatusCode.NotFound);
            default:
                return await base.SendAsync(request, cancellationToken);
        }

        async Task<HttpResponseMessage> StoreAsync(string ticket)
        {
            (string name, byte[] bytes) = state!.End(ticket);
            return WithNumbers(await PassAsync(HttpMethod.Post, $"upload-update-package?uploadId=front-{Guid.NewGuid():N}", Form(name, bytes)));
        }

        Task<HttpResponseMessage> PassAsync(HttpMethod method, string call, HttpContent? content)
        {
            request.Method = method;
            request.RequestUri = new Uri(request.RequestUri!, "/web/api/" + call);
            request.Content = content;
            return base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>The first dialect with another entry for the upload.</summary>
    private static string With(string entry)
    {
        const string Key = "\"upload-update\": [ { ";
        int begin = Dialect.IndexOf(Key, StringComparison.Ordinal) + Key.Length;
        return Dialect[..begin] + entry + Dialect[Dialect.IndexOf(" } ],", begin, StringComparison.Ordinal)..];
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    private static HttpResponseMessage Answer(JsonObject data) => new(HttpStatusCode.OK) { Content = Json(new JsonObject { ["data"] = data }) };

    /// <summary>What came in, as the one field that the node behind takes.</summary>
    private static async Task<MultipartFormDataContent> ReadFormAsync(HttpContent content, CancellationToken cancellationToken)
    {
        Dictionary<string, byte[]> fields = await ReadFieldsAsync(content, cancellationToken);
        Assert.Equal(["title", "archive"], fields.Keys);
        return Form(Text(fields["title"]), fields["archive"]);
    }

    private static async Task<Dictionary<string, byte[]>> ReadFieldsAsync(HttpContent content, CancellationToken cancellationToken)
    {
        string boundary = content.Headers.ContentType!.Parameters.Single(p => p.Name == "boundary").Value!;
        string body = Text(await content.ReadAsByteArrayAsync(cancellationToken));
        string[] parts = body.Split("--" + boundary);
        Assert.Equal(("", "--\r\n"), (parts[0], parts[^1]));
        Dictionary<string, byte[]> fields = [];
        foreach (string part in parts[1..^1])
        {
            int blank = part.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            string head = part[..blank];
            Assert.Equal(head.Contains("filename", StringComparison.Ordinal), head.Contains("\r\nContent-Type: application/", StringComparison.Ordinal));
            fields[head.Split("name=\"")[1].Split('"')[0]] = Encoding.Latin1.GetBytes(part[(blank + 4)..^2]);
        }

        return fields;
    }

    private static MultipartFormDataContent Form(string name, byte[] bytes)
    {
        string boundary = "front-" + Guid.NewGuid().ToString("N");
        ByteArrayContent file = new(bytes);
        file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        file.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"file\"; filename=\"{name}\"");
        MultipartFormDataContent form = new(boundary);
        form.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=" + boundary);
        form.Add(file);
        return form;
    }

    private static StringContent Json(JsonObject body) => new(body.ToJsonString(), Encoding.UTF8, "application/json");

    private static HttpResponseMessage WithNumbers(HttpResponseMessage answer) => Changed(answer, data =>
    {
        foreach (JsonNode? upload in data["packages"] is JsonArray uploads ? uploads.ToArray() : [data])
        {
            foreach (string name in (string[])["id", "uploadId"])
            {
                if (upload![name] is JsonValue id)
                {
                    upload[name] = JsonNode.Parse((string)id!);
                }
            }
        }
    });

    private static HttpResponseMessage Changed(HttpResponseMessage answer, Action<JsonNode> change)
    {
        if (answer.IsSuccessStatusCode && JsonNode.Parse(answer.Content.ReadAsStringAsync().Result) is { } told && told["data"] is { } data)
        {
            change(data);
            answer.Content = Json(told.AsObject());
        }

        return answer;
    }
}
