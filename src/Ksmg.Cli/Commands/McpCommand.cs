using System.CommandLine;
using Ksmg.Cli.Mcp;
using ModelContextProtocol.Server;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg mcp</c>: what the commands that only read answer, for an assistant that speaks the Model Context Protocol.</summary>
internal static class McpCommand
{
    /// <summary>The commands and what of them may be said. What is not named here cannot be reached.</summary>
    private static readonly (string Command, string[] Parameters)[] Shown =
    [
        ("plan", ["--package", "--from", "--to", "--ktgz", "--format", "--estimate", "--json"]),
        ("runs", ["--json"]),
        ("status", ["run", "--json"]),
        ("explain", ["run", "--json"]),
        ("report", ["run", "--format", "--compare", "--verify", "--json"]),
        ("doctor", ["--json"]),
    ];

    public static Command Create(CommonOptions common, CliConsole console)
    {
        Command command = new("mcp", Words.Get("command.mcp"));
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
                ToolCollection = [.. Tools(common.Again(result))],
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

    private static IEnumerable<CommandTool> Tools(string[] again)
    {
        // One after the other: each of them logs in to nodes or reads a package of gigabytes.
        SemaphoreSlim turn = new(1);
        RootCommand root = Program.CreateRoot(new CliConsole { Out = TextWriter.Null, Error = TextWriter.Null, In = TextReader.Null });
        return Shown.Select(tool => new CommandTool(root, root.Subcommands.Single(c => c.Name == tool.Command), tool.Parameters, again, turn));
    }
}
