using System.Diagnostics;
using System.Text;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

public sealed class UnifiedDiffTests
{
    [Fact]
    public void Changes_far_apart_are_hunks_of_their_own_with_three_lines_around()
    {
        string from = string.Concat(Enumerable.Range(1, 20).Select(i => $"line {i}\n"));
        string to = from.Replace("line 2\n", "line two\n", StringComparison.Ordinal).Replace("line 18\n", string.Empty, StringComparison.Ordinal);

        Assert.Equal(
            """
            --- a
            +++ b
            @@ -1,5 +1,5 @@
             line 1
            -line 2
            +line two
             line 3
             line 4
             line 5
            @@ -15,6 +15,5 @@
             line 15
             line 16
             line 17
            -line 18
             line 19
             line 20

            """.ReplaceLineEndings("\n"),
            Diff(from, to));
    }

    [Fact]
    public void A_file_that_is_not_there_is_all_new_and_equal_files_have_no_hunk()
    {
        Assert.Equal("--- a\n+++ b\n@@ -0,0 +1,2 @@\n+one\n+two\n", Diff(string.Empty, "one\ntwo\n"));
        Assert.Equal("--- a\n+++ b\n", Diff("same\n", "same\n"));
        Assert.Contains("Binary files differ", UnifiedDiff.Of("a", [0, 1], "b", "text"u8), StringComparison.Ordinal);
    }

    [Fact]
    public void A_last_line_without_an_end_is_told_as_such()
    {
        Assert.Equal("--- a\n+++ b\n@@ -1,2 +1,2 @@\n one\n-two\n\\ No newline at end of file\n+two\n", Diff("one\ntwo", "one\ntwo\n"));
        Assert.Equal("--- a\n+++ b\n@@ -1,1 +0,0 @@\n-one\n\\ No newline at end of file\n", Diff("one", string.Empty));
    }

    /// <summary>The longest common lines stay; what is replaced is told before what replaces it.</summary>
    [Theory]
    [InlineData("A B", "C A D", "+C\n A\n-B\n+D\n")]
    [InlineData("A X B E", "C Y A B F", "+C\n+Y\n A\n-X\n B\n-E\n+F\n")]
    public void As_few_lines_as_can_be_are_changed(string from, string to, string changes)
    {
        static string Lines(string words) => words.Replace(' ', '\n') + '\n';
        Assert.EndsWith(" @@\n" + changes, Diff(Lines(from), Lines(to)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, 1)]
    [InlineData(6, 2)]
    public void Changes_whose_surroundings_meet_are_one_hunk(int between, int hunks)
    {
        string same = string.Concat(Enumerable.Range(0, between).Select(i => $"line {i}\n"));
        Assert.Equal(hunks, Diff($"a\n{same}b\n", $"c\n{same}d\n").Split("@@ -").Length - 1);
    }

    /// <summary>Beyond that many comparisons nobody looks for what is common in the middle.</summary>
    [Theory]
    [InlineData(2000, true)]
    [InlineData(2001, false)]
    public void Files_that_differ_everywhere_are_shown_as_one_block(int lines, bool compared)
    {
        static string Text(char letter, int lines) => string.Concat(Enumerable.Range(0, lines).Select(i => i == 1000 ? "same\n" : $"{letter}{i}\n"));
        Assert.Equal(compared, Diff(Text('a', lines), Text('b', 2000)).Contains("\n same\n", StringComparison.Ordinal));
    }

    /// <summary>What <c>patch</c> makes of it is the file that was meant, whatever the files.</summary>
    [ServerFact("patch")]
    public void Patch_understands_it()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-diff-");
        string path = Path.Combine(folder.FullName, "file");
        for (int i = 0; i < 30; i++)
        {
            string from = Text(random);
            string to = Text(random);
            if (from == to)
            {
                continue;
            }

            File.WriteAllText(path, from);
            using Process patch = Process.Start(new ProcessStartInfo("patch", ["--quiet", path]) { UseShellExecute = false, RedirectStandardInput = true })!;
            patch.StandardInput.Write(Diff(from, to));
            patch.StandardInput.Close();
            Assert.True(patch.WaitForExit(TimeSpan.FromSeconds(30)) && patch.ExitCode == 0, $"seed {seed}");
            Assert.True(to == File.ReadAllText(path), $"seed {seed}: {Diff(from, to)}");
        }

        folder.Delete(recursive: true);
    }

    private static string Text(Random random) =>
        "first\n"
            + string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => $"line {random.Next(6)}\n"))
            + (random.Next(2) == 0 ? "end" : string.Empty);

    private static string Diff(string from, string to) => UnifiedDiff.Of("a", Encoding.UTF8.GetBytes(from), "b", Encoding.UTF8.GetBytes(to));
}
