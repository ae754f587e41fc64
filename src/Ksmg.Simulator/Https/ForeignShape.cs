using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Simulator;

/// <summary>
/// The calls of a node in another shape: paths, verbs, envelope, names, words, times and ids as <c>foreign.json</c> says. A request is turned
/// into ours before the front looks at it, and the answer back. Only the four observed calls stay as they are.
/// </summary>
internal sealed class ForeignShape(SimulatedWorld world)
{
    // An upload is named by the node; what it is called until then is told to nobody.
    private const string UnnamedUpload = "unnamed";

    private static readonly ForeignTable Table = JsonSerializer.Deserialize(Resource.Text("Https/foreign.json"), JsonContext.Default.ForeignTable)!;

    private static readonly Dictionary<string, string> TheirNames = Table.Names.GroupBy(name => name.Value, StringComparer.Ordinal)
        .ToDictionary(names => names.Key, names => names.First().Key, StringComparer.Ordinal);

    /// <summary>Turns a request into ours.</summary>
    /// <returns>The operation; <see langword="null"/> where this shape has no such call.</returns>
    /// <exception cref="JsonException">The body is no JSON object.</exception>
    public async Task<string?> EnterAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        context.Items[typeof(ForeignShape)] = this;
        string[] path = request.Path.Value!.Split('/');
        KeyValuePair<string, ForeignRoute>[] routes = [.. Table.Routes.Where(route => route.Value.Fits(request.Method, path))];
        Dictionary<string, JsonElement> body = routes.Any(route => route.Value.Body is not null)
            ? (await NodeFront.ReadBodyAsync(context).ConfigureAwait(false)).Deserialize(JsonContext.Default.DictionaryStringJsonElement)!
            : [];
        if (Array.Find(routes, route => route.Value.Accepts(body)) is not { Key: { } operation, Value: { } route })
        {
            return null;
        }

        JsonObject arguments;
        try
        {
            arguments = Arguments(route, path, request.Query, body);
        }
        catch (ApiRefusal refusal)
        {
            context.Items[typeof(ApiRefusal)] = refusal;
            return operation;
        }

        (string verb, request.Method) = NodeFront.CallOf(operation);
        request.Path = NodeFront.ApiPath + verb;
        if (operation == "upload-update")
        {
            request.QueryString = QueryString.Create("uploadId", UnnamedUpload);
        }
        else if (request.Method == "GET")
        {
            request.QueryString = QueryString.Create(arguments.Select(argument => KeyValuePair.Create(argument.Key, argument.Value?.ToString())));
        }
        else
        {
            byte[] ours = JsonSerializer.SerializeToUtf8Bytes(arguments, JsonContext.Default.JsonObject);
            request.Body = new MemoryStream(ours);
            request.ContentLength = ours.Length;
        }

        return operation;
    }

    /// <summary>Refuses a request that came in this shape and says something in words that are not its own.</summary>
    /// <exception cref="ApiRefusal">It does.</exception>
    public static void Refuse(HttpContext context)
    {
        if (context.Items[typeof(ApiRefusal)] is ApiRefusal refusal)
        {
            throw refusal;
        }
    }

    /// <summary>The answer to a request that came in this shape, and its status; others as they are.</summary>
    public static (int Status, JsonObject Answer) Tell(HttpContext context, int status, JsonObject answer) =>
        context.Items[typeof(ForeignShape)] is ForeignShape shape ? shape.Tell(status, answer) : (status, answer);

    private (int Status, JsonObject Answer) Tell(int status, JsonObject answer)
    {
        Dictionary<string, string> names = Table.Answer;
        if (answer["error"] is not { } refusal)
        {
            // Who only says that it worked says no more here.
            JsonNode? data = answer["data"]!["success"] is null ? Told(answer["data"], string.Empty) : null;
            return (status, new JsonObject { [names["good"]] = true, [names["data"]] = data });
        }

        var reason = new JsonObject { [names["code"]] = refusal["code"]!.DeepClone(), [names["message"]] = refusal["message"]!.DeepClone() };
        return (status is 404 or 409 ? 200 : status, new JsonObject { [names["good"]] = false, [names["refusal"]] = reason });
    }

    /// <summary>The arguments of a call under our names, in our words.</summary>
    /// <exception cref="ApiRefusal">One is none of the words or numbers of this shape.</exception>
    private JsonObject Arguments(ForeignRoute route, string[] path, IQueryCollection query, Dictionary<string, JsonElement> body)
    {
        IEnumerable<(string Template, string Name, string Given)> parts =
        [
            .. route.Of(path).Select(part => (part.Template, string.Empty, part.Given)),
            .. (route.Query ?? []).Where(part => query.ContainsKey(part.Key)).Select(part => (part.Value, part.Key, query[part.Key].ToString())),
            .. (route.Body ?? []).Select(part => (part.Value, part.Key, body[part.Key].ToString())),
        ];
        var arguments = new JsonObject();
        foreach ((string template, string name, string given) in parts)
        {
            if (ForeignRoute.ArgumentOf(template) is { } argument)
            {
                arguments[argument] = argument == "node" ? AddressOf(given) : OurWord(name, given);
            }
        }

        return arguments;
    }

    private JsonNode? Told(JsonNode? ours, string name) => ours switch
    {
        JsonArray list => new JsonArray([.. list.Select(one => Told(one, name))]),
        JsonObject fields => new JsonObject(fields.SelectMany(Told)),
        null => Table.Times.Contains(name) ? 0 : null,
        _ when TheirWord(name, ours) is { } word => word,
        _ when Table.Times.Contains(name) =>
            (long)(DateTimeOffset.Parse((string)ours!, CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).TotalMilliseconds,
        _ when Table.Texts.Contains(name) => ours.ToString(),
        _ when Table.Numbers.Contains(name) && long.TryParse((string)ours!, NumberStyles.None, CultureInfo.InvariantCulture, out long number) => number,
        _ => ours.DeepClone(),
    };

    /// <summary>A field; an address comes with the number of the member, which calls about it take.</summary>
    private IEnumerable<KeyValuePair<string, JsonNode?>> Told(KeyValuePair<string, JsonNode?> field)
    {
        string theirs = TheirNames.GetValueOrDefault(field.Key, field.Key);
        yield return KeyValuePair.Create(theirs, Told(field.Value, theirs));
        if (field.Key == "address" && NumberOf((string)field.Value!) is { } number)
        {
            yield return KeyValuePair.Create("no", (JsonNode?)JsonValue.Create(number));
        }
    }

    private static JsonNode? TheirWord(string name, JsonNode ours) =>
        Table.Words.GetValueOrDefault(name)?.FirstOrDefault(word => word.Value.GetRawText() == ours.ToJsonString()).Key;

    private static JsonNode? OurWord(string name, string theirs)
    {
        if (!Table.Words.TryGetValue(name, out Dictionary<string, JsonElement>? words))
        {
            return theirs;
        }

        return words.TryGetValue(theirs, out JsonElement word) ? JsonNode.Parse(word.GetRawText()) : throw NotUnderstood(name, theirs);
    }

    private string AddressOf(string number)
    {
        lock (world.Gate)
        {
            return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) && parsed > 0 && parsed <= world.Nodes.Count
                ? world.Nodes[parsed - 1].ClusterAddress
                : throw NotUnderstood("member", number);
        }
    }

    private static ApiRefusal NotUnderstood(string name, string given) => new(400, "badRequest", $"'{given}' is no {name}.");

    /// <summary>The number of a member; nothing for one that is not of this world.</summary>
    private int? NumberOf(string address)
    {
        lock (world.Gate)
        {
            return world.Nodes.Index().Where(node => node.Item.ClusterAddress == address).Select(node => (int?)node.Index + 1).FirstOrDefault();
        }
    }
}
