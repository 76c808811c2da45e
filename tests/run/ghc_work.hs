-- SPDX-License-Identifier: GPL-2.0-or-later
import Control.Concurrent
import Control.Exception
import Control.Monad
import qualified Data.Map.Strict as M
import System.Exit
import System.IO

-- Threads that allocate (so that the collector runs), exceptions, MVars, a timeout's exception.
worker :: MVar Integer -> Int -> IO ()
worker box k = do
  let m = foldr (\i acc -> M.insertWith (+) (i * 7919 `mod` 1009) (fromIntegral i) acc) M.empty [1 .. 20000 + k]
  putMVar box $! sum (M.elems m)

main :: IO ()
main = do
  hSetBuffering stdout LineBuffering
  boxes <- forM [1 .. 8] $ \k -> do
    box <- newEmptyMVar
    _ <- forkIO (worker box k)
    return box
  sums <- mapM takeMVar boxes
  print sums
  r <- try (evaluate (1 `div` (0 :: Int))) :: IO (Either ArithException Int)
  print r
  t <- forkIO (forever (threadDelay 1000)) 
  threadDelay 5000
  killThread t
  print (length (show (product [1 .. 3000 :: Integer])))
  exitWith (ExitFailure 7)
