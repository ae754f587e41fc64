using System.CommandLine;
using System.Globalization;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg package inspect</c>: what is in a package, and whether it is whole.</summary>
internal static class PackageInspectCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Argument<string> path = new("path") { Description = Words.Get("option.package") };
        PackageOptions options = new();
        Command command = new("inspect", Words.Get("command.inspect"));
        command.Add(path);
        options.AddTo(command);
        command.SetAction(async result =>
        {
            Output output = common.Output(result, console);
            UpdatePackage package = await UpdatePackage.OpenAsync(result.GetRequiredValue(path), options.Read(result), console.End).ConfigureAwait(false);
            await using (package.ConfigureAwait(false))
            {
                await output.ProgressAsync(
                    Words.Get("package.reading"),
                    package.Files.Sum(file => file.SizeBytes),
                    progress => package.VerifyAsync(progress, console.End)).ConfigureAwait(false);
                if (output.IsJson)
                {
                    output.Json(ToJson(package));
                }
                else
                {
                    Show(package, output);
                }

                return ExitCodes.Done;
            }
        });
        return command;
    }

    private static void Show(UpdatePackage package, Output output)
    {
        output.Say($"{package.Path}: {package.From} → {package.To}");
        output.Say();
        output.Table(
            ["number", "package", "from", "to", "size", "sha256"],
            [
                .. package.Files
                    .Select(
                        (file, i) => (IReadOnlyList<string>)[
                            (i + 1).ToString(CultureInfo.InvariantCulture), file.Name, $"{file.From}", $"{file.To}",
                            Units.Bytes(file.SizeBytes), file.Sha256 ?? "–"])]);
        output.Say();
        output.Table(
            ["entry", "size", "packed"],
            [.. package.Entries.Select(entry => (IReadOnlyList<string>)[entry.Name, Units.Bytes(entry.SizeBytes), Units.Bytes(entry.CompressedBytes)])]);
        foreach (string warning in package.Warnings)
        {
            output.Say(Words.Get("package.warning", warning));
        }
    }

    private static object ToJson(UpdatePackage package) => new
    {
        path = package.Path,
        from = package.From.ToString(),
        to = package.To.ToString(),
        packages = package.Files.Select(
            file => new { name = file.Name, from = file.From.ToString(), to = file.To.ToString(), sizeBytes = file.SizeBytes, sha256 = file.Sha256 }),
        entries = package.Entries.Select(entry => new { name = entry.Name, sizeBytes = entry.SizeBytes, compressedBytes = entry.CompressedBytes }),
        warnings = package.Warnings,
    };
}
