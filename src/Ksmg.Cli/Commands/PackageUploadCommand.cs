using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg package upload</c>: the streaming upload alone, to one node; nothing is installed.</summary>
internal static class PackageUploadCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Argument<string> path = new("path") { Description = "The vendor's ZIP, or a KTGZ." };
        Option<Uri> to = new("--to") { Description = "The node's web interface, such as https://10.0.0.11.", HelpName = "URL", Required = true, CustomParser = ParseUrl };
        Option<string> user = new("--user") { Description = "The account.", HelpName = "NAME", DefaultValueFactory = _ => "Administrator" };
        Option<string?> passwordFile = new("--password-file") { Description = "A file that holds the password.", HelpName = "FILE" };
        Option<string?> passwordEnvironment = new("--password-env") { Description = "The environment variable that holds the password.", HelpName = "NAME" };
        Option<string?> fingerprint = new("--fingerprint") { Description = "SHA-256 of the node's certificate; default: what the machine trusts.", HelpName = "HEX" };
        Option<string?> files = new("--ktgz") { Description = "Which packages of a ZIP, in order, where it cannot be told.", HelpName = "A,B" };
        Command command = new("upload", "Streams a package to one node, without a temporary file. Installs nothing.");
        command.Add(path);
        foreach (Option option in (Option[])[to, user, passwordFile, passwordEnvironment, fingerprint, files])
        {
            command.Add(option);
        }

        command.SetAction(async result =>
        {
            Output output = common.Output(result, console);
            await using UpdatePackage package = await UpdatePackage.OpenAsync(
                result.GetRequiredValue(path),
                new UpdatePackageOptions { Files = result.GetValue(files)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) },
                console.Pause).ConfigureAwait(false);
            string userName = result.GetRequiredValue(user);
            KsmgCredentials credentials = (result.GetValue(passwordFile), result.GetValue(passwordEnvironment)) switch
            {
                (null, null) => await PasswordPrompt.AskAsync(userName, console).ConfigureAwait(false),
                (string file, null) => new KsmgCredentials { UserName = userName, PasswordFile = Path.GetFullPath(file) },
                (null, string variable) => new KsmgCredentials { UserName = userName, PasswordEnvironment = variable },
                _ => throw new CliException(ExitCodes.Usage, "Give one of --password-file and --password-env."),
            };
            ServiceCollection services = new();
            services.AddLogging();
            services.AddKsmg(options =>
            {
                options.Nodes.Add("node", result.GetRequiredValue(to), Trust(result.GetValue(fingerprint)));
                options.Credentials = credentials;
            });
            await using ServiceProvider provider = services.BuildServiceProvider();
            KsmgNode node = provider.GetRequiredService<KsmgCluster>().Nodes[0];
            foreach (UpdatePackageFile file in package.Files)
            {
                await UploadAsync(node, file, output, console).ConfigureAwait(false);
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task UploadAsync(KsmgNode node, UpdatePackageFile file, Output output, CliConsole console)
    {
        string id = $"ksmg-{Guid.NewGuid():N}";
        long started = console.Time.GetTimestamp();
        UploadedUpdate? uploaded = null;
        await output.ProgressAsync(file.Name, file.SizeBytes, async progress =>
            uploaded = await node.Updates.UploadAsync(id, file, new SentBytes(progress), console.Pause).ConfigureAwait(false)).ConfigureAwait(false);
        TimeSpan elapsed = console.Time.GetElapsedTime(started);
        if (output.IsJson)
        {
            output.Json(new { id, name = file.Name, sizeBytes = file.SizeBytes, sha256 = uploaded!.Sha256, seconds = elapsed.TotalSeconds });
        }

        output.Say($"{file.Name}: {Units.Bytes(file.SizeBytes)} in {Units.Duration(elapsed)} ({Units.Rate(file.SizeBytes, elapsed)}), upload {id}");
    }

    private static ServerTrust Trust(string? fingerprint)
    {
        try
        {
            return fingerprint is null ? ServerTrust.System : ServerTrust.Pinned(fingerprint);
        }
        catch (FormatException e)
        {
            throw new CliException(ExitCodes.Usage, $"--fingerprint: {e.Message}", e);
        }
    }

    private static Uri? ParseUrl(System.CommandLine.Parsing.ArgumentResult argument)
    {
        string text = argument.Tokens.Single().Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme == Uri.UriSchemeHttps)
        {
            return url;
        }

        argument.AddError($"--to: '{text}' is not an https:// address.");
        return null;
    }

    private sealed class SentBytes(IProgress<long> progress) : IProgress<UploadProgress>
    {
        public void Report(UploadProgress value) => progress.Report(value.SentBytes);
    }
}
