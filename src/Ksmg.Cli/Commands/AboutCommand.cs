using System.CommandLine;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg about</c>: the version and build each node shows.</summary>
internal static class AboutCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Command command = new("about", Words.Get("command.about"));
        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            var answers = await host.AskEachAsync(
                (node, cancellationToken) => node.Updates.GetAboutAsync(cancellationToken), console.End).ConfigureAwait(false);
            if (output.IsJson)
            {
                output.Json(answers.Select(answer => new
                {
                    name = answer.Node.Name,
                    version = answer.Value?.Version,
                    build = answer.Value?.Build?.ToString(),
                    failure = answer.Failure,
                }));
            }
            else
            {
                output.Table(
                    ["node", "version", "build"],
                    [
                        .. answers
                            .Select(
                                answer => (IReadOnlyList<string>)[answer.Node.Name, answer.Value?.Version ?? "–", answer.Value?.Build?.ToString() ?? "–"])]);
            }

            return answers.Complain(host, output);
        }));
        return command;
    }
}
