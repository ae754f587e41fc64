using System.CommandLine;
using Ksmg.Cli.Mcp;
using ModelContextProtocol.Server;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg mcp</c>: what the commands that only read answer, for an assistant that speaks the Model Context Protocol.</summary>
internal static class McpCommand
{
    /// <summary>The commands about runs, and what of them may be said. What is not named here and below cannot be reached.</summary>
    private static readonly (string Command, string[] Parameters)[] OfRuns =
    [
        ("runs", ["--json"]),
        ("status", ["run", "--json"]),
        ("explain", ["run", "--json"]),
        ("report", ["run", "--format", "--compare", "--verify", "--json"]),
    ];

    /// <summary>Those about one cluster.</summary>
    private static readonly (string Command, string[] Parameters)[] OfCluster =
    [
        ("plan", ["--package", "--from", "--to", "--ktgz", "--format", "--estimate", "--json"]),
        ("doctor", ["--json"]),
    ];

    /// <summary>Those below <c>fleet</c>.</summary>
    private static readonly (string Command, string[] Parameters)[] OfFleet =
    [
        ("list", ["--json"]),
        ("plan", ["--package", "--from", "--to", "--ktgz", "--json"]),
        ("status", ["--wave", "--state", "--label", "--search", "--json"]),
        ("report", ["--format", "--json"]),
    ];

    public static Command Create(CommonOptions common, CliConsole console)
    {
        Command command = new("mcp", Words.Get("command.mcp"));
        common.AddFleetTo(command);
        command.SetAction(async (result, _) =>
        {
            if (console.CanAsk)
            {
                Output.Complain(console, Words.Get("mcp.terminal"));
            }

            McpServerOptions options = new()
            {
                ServerInfo = new() { Name = "ksmg", Version = typeof(Program).Assembly.GetName().Version!.ToString(3) },
                ServerInstructions = Words.Get("mcp.instructions"),
                ToolCollection = [.. Tools(common, result)],
            };
            StdioServerTransport transport = new(options);
            await using (transport.ConfigureAwait(false))
            {
                McpServer server = McpServer.Create(transport, options);
                await using (server.ConfigureAwait(false))
                {
                    await server.RunAsync(console.End).ConfigureAwait(false);
                }
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static IEnumerable<CommandTool> Tools(CommonOptions common, ParseResult result)
    {
        // One after the other: each of them logs in to nodes or reads a package of gigabytes.
        SemaphoreSlim turn = new(1);
        RootCommand root = Program.CreateRoot(new CliConsole { Out = TextWriter.Null, Error = TextWriter.Null, In = TextReader.Null });
        Command Of(Command parent, string name) => parent.Subcommands.Single(c => c.Name == name);
        CommandTool Tool((string Command, string[] Parameters) tool) => new(root, [Of(root, tool.Command)], tool.Parameters, common.Again(result), turn);
        if (common.FleetPath(result) is null)
        {
            return OfCluster.Concat(OfRuns).Select(Tool);
        }

        Command fleet = Of(root, "fleet");
        return OfRuns.Select(Tool).Concat(
            OfFleet.Select(tool => new CommandTool(root, [fleet, Of(fleet, tool.Command)], tool.Parameters, common.AgainOfFleet(result), turn)));
    }
}
