using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Ksmg.Sdk.Tests;

public sealed class CliPackageInspectTests : IDisposable
{
    private const string Name = "ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz";
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-inspect-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task A_good_package_is_shown_with_its_builds_and_its_digest()
    {
        byte[] content = RandomNumberGenerator.GetBytes(100_000);
        string path = Zip(Name, content);

        CliAnswer answer = await CliFixture.RunAsync("package", "inspect", path);

        Assert.Equal(0, answer.ExitCode);
        Assert.Contains("2.0.1.6960 → 2.1.0.7854", answer.Output);
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(content)), answer.Output);
        Assert.DoesNotContain('\u001b', answer.Output);
    }

    [Fact]
    public async Task With_json_standard_output_is_one_document()
    {
        CliAnswer answer = await CliFixture.RunAsync("package", "inspect", Zip(Name, [1, 2, 3]), "--json");

        using JsonDocument document = JsonDocument.Parse(answer.Output);
        Assert.Equal("2.1.0.7854", document.RootElement.GetProperty("to").GetString());
        Assert.Equal(Name, document.RootElement.GetProperty("packages")[0].GetProperty("name").GetString());
        Assert.Equal(3, document.RootElement.GetProperty("packages")[0].GetProperty("sizeBytes").GetInt64());
    }

    [Fact]
    public async Task A_damaged_package_ends_with_5_and_one_line_that_names_the_file()
    {
        string path = Zip(Name, RandomNumberGenerator.GetBytes(10_000));
        byte[] bytes = await File.ReadAllBytesAsync(path);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        CliAnswer answer = await CliFixture.RunAsync("package", "inspect", path);

        Assert.Equal(5, answer.ExitCode);
        Assert.Contains("update.zip", answer.Line);
        Assert.Empty(answer.Output);
    }

    [Fact]
    public async Task A_renamed_package_needs_to_be_told_its_builds()
    {
        string path = Zip("update.ktgz", [1, 2, 3]);

        CliAnswer refused = await CliFixture.RunAsync("package", "inspect", path);
        CliAnswer told = await CliFixture.RunAsync("package", "inspect", path, "--from", "2.0.1.6960", "--to", "2.1.0.7854");

        Assert.Equal(5, refused.ExitCode);
        Assert.Contains("--from", refused.Line);
        Assert.Equal(0, told.ExitCode);
    }

    [Fact]
    public async Task A_missing_package_ends_with_5()
    {
        CliAnswer answer = await CliFixture.RunAsync("package", "inspect", Path.Combine(folder.FullName, "nowhere.zip"));

        Assert.Equal(5, answer.ExitCode);
        Assert.Contains("nowhere.zip", answer.Line);
    }

    private string Zip(string entry, byte[] content)
    {
        string path = Path.Combine(folder.FullName, "update.zip");
        using ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create);
        using Stream stream = zip.CreateEntry(entry, CompressionLevel.NoCompression).Open();
        stream.Write(content);
        return path;
    }
}
