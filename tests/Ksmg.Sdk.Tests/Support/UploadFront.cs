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
internal sealed class UploadFront(HttpMessageHandler node) : DelegatingHandler(node)
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
                return WithNumbers(await PassAsync(HttpMethod.Get, "list-update-packages", null));
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
            case (_, "/web/api/upload-update-package" or "/web/api/list-update-packages" or "/web/api/start-update" or "/web/api/get-update-status"):
                return new HttpResponseMessage(HttpStatusCode.NotFound);
            default:
                return await base.SendAsync(request, cancellationToken);
        }

        Task<HttpResponseMessage> PassAsync(HttpMethod method, string call, HttpContent? content)
        {
            request.Method = method;
            request.RequestUri = new Uri(request.RequestUri!, "/web/api/" + call);
            request.Content = content;
            return base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>What came in, as the one field that the node behind takes.</summary>
    private static async Task<MultipartFormDataContent> ReadFormAsync(HttpContent content, CancellationToken cancellationToken)
    {
        string boundary = content.Headers.ContentType!.Parameters.Single(p => p.Name == "boundary").Value!;
        string body = Encoding.Latin1.GetString(await content.ReadAsByteArrayAsync(cancellationToken));
        string[] parts = body.Split("--" + boundary);
        Assert.Equal(("", 4, "--\r\n"), (parts[0], parts.Length, parts[3]));
        string title = parts[1].Split("\r\n\r\n")[1][..^2];
        int blank = parts[2].IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.Contains($"name=\"archive\"; filename=\"{title}\"\r\nContent-Type: application/x-ktgz", parts[2][..blank], StringComparison.Ordinal);
        string boundaryOfOurs = "front-" + Guid.NewGuid().ToString("N");
        ByteArrayContent file = new(Encoding.Latin1.GetBytes(parts[2][(blank + 4)..^2]));
        file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        MultipartFormDataContent form = new(boundaryOfOurs);
        form.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=" + boundaryOfOurs);
        file.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"file\"; filename=\"{title}\"");
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
