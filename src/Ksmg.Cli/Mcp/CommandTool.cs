using System.CommandLine;
using System.CommandLine.Completions;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Argument = System.CommandLine.Argument;

namespace Ksmg.Cli.Mcp;

/// <summary>
/// A command as a tool: what a person could type, with the parameters that are named here and no others. It runs within this process, with
/// outputs of its own and nobody to ask.
/// </summary>
internal sealed class CommandTool : McpServerTool
{
    private const int MostOutput = 1 << 20;
    private const int LongestValue = 4096;

    /// <summary>A plan reads its package as a whole.</summary>
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(15);

    private readonly string[] _command;
    private readonly Dictionary<string, Symbol> _parameters;
    private readonly string[] _again;
    private readonly SemaphoreSlim _turn;

    /// <param name="root">Where the options are that every command has.</param>
    /// <param name="path">The command, behind those that it belongs to.</param>
    /// <param name="shown">The names of its arguments and options that may be given.</param>
    /// <param name="again">What leads it to the cluster, the runs and the fleet that the server was started with.</param>
    /// <param name="turn">Whose turn it is.</param>
    public CommandTool(RootCommand root, Command[] path, string[] shown, string[] again, SemaphoreSlim turn)
    {
        Command command = path[^1];
        Symbol[] all = [.. command.Arguments, .. command.Options, .. root.Options];
        _command = [.. path.Select(part => part.Name)];
        _parameters = shown.ToDictionary(name => name.TrimStart('-'), name => all.Single(symbol => symbol.Name == name), StringComparer.Ordinal);
        _again = again;
        _turn = turn;
        ProtocolTool = new Tool
        {
            Name = string.Join('_', _command),
            Description = command.Description,
            InputSchema = JsonSerializer.SerializeToElement(Schema()),
            Annotations = new ToolAnnotations { ReadOnlyHint = true, DestructiveHint = false, IdempotentHint = true, OpenWorldHint = false },
        };
    }

    public override Tool ProtocolTool { get; }

    public override IReadOnlyList<object> Metadata => [];

    public override async ValueTask<CallToolResult> InvokeAsync(RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default)
    {
        List<string> line = [.. _command, .. _again];
        if (Read(request.Params.Arguments ?? new Dictionary<string, JsonElement>(), line) is { } mistake)
        {
            return Answer(isError: true, mistake);
        }

        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(_limit);
        using BoundedWriter output = new(MostOutput);
        using BoundedWriter error = new(MostOutput);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        int exitCode;
        try
        {
            CliConsole console = new() { Out = output, Error = error, In = TextReader.Null, Stop = end.Token };
            exitCode = await Program.RunAsync(line, console).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (end.IsCancellationRequested)
        {
            return Answer(isError: true, Words.Get("mcp.too-late", _limit));
        }

        // A refused plan and a doctor's finding are answers; who could say nothing tells why.
        string told = output.ToString();
        return output.IsFull
            ? Answer(isError: true, Words.Get("mcp.too-long", Units.Bytes(MostOutput)))
            : Answer(isError: told.Length == 0 && exitCode != ExitCodes.Done, told, error.ToString());
    }

    private static CallToolResult Answer(bool isError, params string[] texts) => new()
    {
        IsError = isError,
        Content = [.. texts.Where(text => text.Length > 0).Select(text => new TextContentBlock { Text = text })],
    };

    /// <summary>Makes the command line of what was given; a value never becomes an option, nor the name of a file to read options from.</summary>
    private string? Read(IDictionary<string, JsonElement> given, List<string> line)
    {
        List<string> arguments = [];
        foreach ((string name, JsonElement value) in given)
        {
            if (!_parameters.TryGetValue(name, out Symbol? symbol))
            {
                return Words.Get("mcp.no-parameter", Printable.OneLine(name));
            }

            string? text = value.ValueKind switch
            {
                JsonValueKind.True or JsonValueKind.False when IsSwitch(symbol) => value.GetBoolean() ? "true" : "false",
                JsonValueKind.String when !IsSwitch(symbol) && value.GetString() is { Length: > 0 and <= LongestValue } said => said,
                _ => null,
            };
            if (text is null || symbol is Argument && text[0] is '-' or '@')
            {
                return Words.Get("mcp.unfit", name);
            }

            (symbol is Argument ? arguments : line).Add(symbol is Argument ? text : $"{symbol.Name}={text}");
        }

        line.AddRange(arguments);
        return _parameters.FirstOrDefault(p => IsNeeded(p.Value) && !given.ContainsKey(p.Key)).Key is { } missing ? Words.Get("mcp.missing", missing) : null;
    }

    private JsonObject Schema() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(_parameters.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Key, Schema(p.Value)))),
        ["required"] = new JsonArray([.. _parameters.Where(p => IsNeeded(p.Value)).Select(p => (JsonNode)p.Key)]),
        ["additionalProperties"] = false,
    };

    private static JsonObject Schema(Symbol symbol)
    {
        JsonObject schema = new() { ["type"] = IsSwitch(symbol) ? "boolean" : "string", ["description"] = symbol.Description };

        // What help shows without a placeholder takes one of a few words.
        if (symbol is Option { HelpName: null } option && !IsSwitch(symbol))
        {
            schema["enum"] = new JsonArray([.. option.GetCompletions(CompletionContext.Empty).Select(word => (JsonNode)word.Label)]);
        }

        return schema;
    }

    private static bool IsSwitch(Symbol symbol) => symbol is Option<bool>;

    private static bool IsNeeded(Symbol symbol) => symbol is Argument or Option { Required: true };
}
